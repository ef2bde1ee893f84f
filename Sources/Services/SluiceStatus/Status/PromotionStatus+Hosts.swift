import SluiceCore

// The hosts of a promotion, by their own word and by the ledger.

extension PromotionStatus {
  static func host(
    _ spec: HostSpec, of promotion: Promotion, _ answers: FleetAnswers?
  ) -> HostStatus {
    // Facts of the promotion about a host that the host's probe does not contain.
    var notes: [HostStatus.Remark] = []
    if let text = takenOut(spec.name, of: promotion, answers) {
      notes.append(HostStatus.Remark(.warning, text))
    }
    if let fault = promotion.hosts[spec.name]?.fault {
      notes.append(HostStatus.Remark(.bad, fault))
    }
    guard let answer = answers?.hosts[spec.name] else {
      return HostStatus(spec, of: promotion, notes: notes)
    }
    return HostStatus(
      spec.name, arm: spec.arm, answer: answer, version: answers?.versions[spec.name], notes: notes)
  }

  /// By the balancer's own word now; by the ledger only while the promotion is under way, and as what
  /// it was.
  private static func takenOut(
    _ host: HostName, of promotion: Promotion, _ answers: FleetAnswers?
  ) -> String? {
    func isOut(_ state: BalancerState) -> Bool {
      state.servers.contains { $0.host == host && $0.isTakenOut }
    }
    if case .success(let now)? = answers?.balancer {
      return isOut(now) ? "taken out of the balancer" : nil
    }
    guard !promotion.phase.isTerminal, let last = promotion.balancer, isOut(last) else {
      return nil
    }
    return "was taken out of the balancer when that was last read"
  }

  static func records(
    of promotion: Promotion, _ answers: FleetAnswers?
  ) -> [HostName: HostRecord] {
    var records: [HostName: HostRecord] = [:]
    for (host, state) in promotion.hosts {
      var status = promotion.watch?.hosts[host]?.status
      if case .success(let probe)? = answers?.hosts[host] { status = probe.status }
      records[host] = HostRecord(
        runs: promotion.release(of: state.runs), status: status, fault: state.fault)
    }
    return records
  }
}
