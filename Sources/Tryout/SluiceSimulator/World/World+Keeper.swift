import SluiceCore

// The process beside the balancer: it starts the balancer when that is killed, and has it refuse
// gateways that fail hard while enough others are well.

extension World {
  private static let keeperInterval: Int64 = 1_000

  /// The keeper checks every second; checks that would see nothing new are left out.
  mutating func awaitKeeper() {
    guard !keeperIsDue else { return }
    keeperIsDue = true
    queue.schedule(.keeper, at: (now / Self.keeperInterval + 1) * Self.keeperInterval)
  }

  mutating func keepBalancer() {
    keeperIsDue = false
    guard !balancer.troubles.keeperIsDead, !balancer.troubles.isDown else { return }
    serve()
    balancer.start()
    balancer.admit(
      Admission(
        balancer.servers.map { server in
          Admission.Candidate(
            host: server.host, arm: server.arm,
            isServing: balancer.isAnswering(server.host) && !server.isTakenOut,
            hardFailure: hardFailure(of: server.host))
        }, floor: setup.plan.fleet.capacityFloor))
    showBalancer()
  }

  /// By its agent's word; nil without one.
  private mutating func hardFailure(of host: HostName) -> String? {
    let now = now
    let isAging = hosts.at(host) { $0.troubles.stale != nil }
    if isAging == true { awaitKeeper() }
    let failure = hosts.at(host) { model -> String? in
      guard model.agentRuns else { return nil }
      return model.probe(at: now).hardFailures.first?.message
    }
    return failure ?? nil
  }

  /// The states that must not last: by the gateways themselves, not by what the balancer or its
  /// keeper make of them.
  mutating func wrongsOfAdmission() -> [AdmissionWatch.Wrong] {
    let troubles = balancer.troubles
    guard !troubles.isDown else { return [] }
    if troubles.isKilled { return troubles.keeperIsDead ? [] : [.stopped] }
    // A dead keeper cannot lift its refusals.
    guard !troubles.keeperIsDead || balancer.refused.isEmpty else { return [] }
    let now = now
    var (admitted, well) = (0, 0)
    var keptOut: [(host: HostName, isProven: Bool)] = []
    var failing: [HostName] = []
    for server in balancer.servers where !server.isTakenOut {
      let seen = hosts.at(server.host) { ($0.serves, $0.isKnownToFailHard(at: now)) }
      guard let (serves, isProven) = seen, serves else { continue }
      if server.arm == .stable, server.isUp { admitted += 1 }
      if server.arm == .stable, !isProven { well += 1 }
      if !server.isUp { keptOut.append((server.host, isProven)) }
      if server.isUp, isProven { failing.append(server.host) }
    }
    let floor = max(1, setup.plan.fleet.capacityFloor)
    var wrongs: [AdmissionWatch.Wrong] = []
    if admitted < floor, let first = keptOut.first { wrongs.append(.emptied(first.host)) }
    for kept in keptOut where !kept.isProven { wrongs.append(.refusedWithoutProof(kept.host)) }
    if well >= floor { wrongs += failing.map { .served($0) } }
    return wrongs
  }
}
