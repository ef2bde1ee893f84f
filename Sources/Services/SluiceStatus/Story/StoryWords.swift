import SluiceCore
import SluiceLedger

/// The words of a ledger line's time: every event in its sentence.
struct StoryWords {
  let time: String

  func line(
    _ event: StoryLine.Event, _ title: String = "", _ parts: [String] = [],
    host: HostName? = nil, severity: Severity = .plain, isPassing: Bool = false
  ) -> StoryLine {
    StoryLine(
      time, event, title, parts, host: host, severity: severity, isPassing: isPassing)
  }

  // MARK: Beginning

  func began(_ plan: Plan, _ entry: LedgerEntry) -> [StoryLine] {
    let ticket = entry.ticket.isEmpty ? "" : "  \(entry.ticket)"
    let purpose: [String] =
      switch plan.purpose {
      case .promote: []
      case .revert, .revertNow: ["rollback of the whole fleet"]
      case .drillCanary: ["drill of the canary, at share 0"]
      case .drillRollback: ["drill of a rollback, at share 0"]
      }
    let who = "by \(entry.actor)" + (entry.account.map { ", account \($0)" } ?? "")
    return [line(.began, "\(plan.from.tag) → \(plan.to.tag)\(ticket)", purpose + [who])]
      + loses(plan)
  }

  /// A rollback of the whole fleet needs nobody's approval, but nobody shall be surprised either.
  private func loses(_ plan: Plan) -> [StoryLine] {
    guard !plan.purpose.goesForward, let build = plan.build,
      plan.snapshot.hosts.values.contains(where: { $0.stateCopiedBy != nil })
    else { return [] }
    let subject = build.copiesState ? "state" : "configuration"
    let happened = build.copiesState ? "happened on" : "was written by"
    let what =
      "OpenClaw \(build.to.version) gets its \(subject) as it was; "
      + "what \(happened) \(build.from.version) since is kept aside on each host"
    return [line(.loses, subject, [what], severity: .warning)]
  }

  /// In passing: what comes of it is told when it is done.
  func ordered(_ command: Command) -> [StoryLine] {
    let text: String? =
      switch command {
      case .prepare(let host): "\(host): bringing the slice, before its turn"
      case .place(let host): "\(host): placing the slice"
      case .swing(let order): "\(order.host): draining, then swinging to \(order.release.tag)"
      case .apply(let weights): "setting share \(weights.share)"
      case .disarm(let host): "\(host): taking its dead man back"
      case .evict(let host, _): "\(host): ending what outlives its share"
      case .preflight, .assess, .verify, .wait, .archive, .conclude: nil
      }
    return text.map { [line(.ordered, "", [$0], host: command.host, isPassing: true)] } ?? []
  }

  // MARK: What came of an order

  func inspected(_ blockers: [String], _ plan: Plan) -> [StoryLine] {
    guard !blockers.isEmpty else {
      return [
        line(.inspected, "preflight", ["all \(plan.fleet.hosts.count) hosts are as the plan says"])
      ]
    }
    return blockers.map { line(.inspected, "preflight", [$0], severity: .bad) }
  }

  func placed(_ command: Command?, _ report: PlaceReport) -> [StoryLine] {
    let how = report.wasPlaced ? "placed" : "stood there already"
    let signer = report.signer.map { ", tag signed by \($0)" } ?? ""
    let text = "slice \(report.version) \(how), tree \(report.tree.short)\(signer)"
    return [line(.placed, "\(name(command)) placed", [text], host: command?.host)]
  }

  func swung(_ command: Command?, _ report: SwingReport, _ plan: Plan) -> [StoryLine] {
    guard case .swing(let order)? = command else { return [] }
    let version = report.after.marker?.version ?? "no release"
    let isBack = order.release == plan.snapshot.release
    let archived = plan.snapshot.hosts[order.host]?.fingerprint
    let equal =
      isBack && report.probe.fingerprint == archived ? ", fingerprint equal to last good" : ""
    let restart = report.restarted ? "restarted" : "no restart was needed"
    let isOtherBuild = report.before.map { $0.version != report.after.version } ?? false
    let says = isOtherBuild ? "\(version) on OpenClaw \(report.after.version)" : version
    let text =
      "says \(says) itself\(equal); drained \(report.drained), cut \(report.cut), \(restart)"
    return [
      line(
        .swung, "\(order.host) \(isBack ? "back" : "proven")",
        [text, Wording.duration(report.totalMilliseconds)], host: order.host)
    ] + remarks(order.host, report) + state(order.host, report)
  }

  /// Remarks on a swing that worked.
  private func remarks(_ host: HostName, _ report: SwingReport) -> [StoryLine] {
    (report.notes ?? []).map {
      line(.remarked, "\(host)", [$0], host: host, severity: .warning)
    }
  }

  /// Where the state went, that a person can find it again.
  private func state(_ host: HostName, _ report: SwingReport) -> [StoryLine] {
    guard let state = report.state else { return [] }
    var lines: [StoryLine] = []
    if let copy = state.copy {
      let took = "\(Wording.bytes(state.bytes)), \(Wording.duration(state.milliseconds))"
      lines.append(line(.stateMoved, "\(host) state", ["copied to \(copy)", took], host: host))
    }
    if let aside = state.aside {
      lines.append(
        line(
          .stateMoved, "\(host) state", ["put back; the newer one is kept as \(aside)"], host: host)
      )
    }
    return lines
  }

  /// - Parameter pinEpoch: the one before.
  func applied(_ state: BalancerState, unpinned pinEpoch: Int64) -> [StoryLine] {
    let tenants = state.weights.tenants.joined(separator: ", ")
    let pinned = tenants.isEmpty ? "" : ", \(tenants) pinned to the canary"
    let unpinned = state.weights.pinEpoch > pinEpoch ? ", sessions un-pinned" : ""
    return [line(.shareSet, "share \(state.weights.share)", ["read back\(pinned)\(unpinned)"])]
  }

  func evicted(_ command: Command?, ended: Int, cut: Int) -> [StoryLine] {
    guard (ended, cut) != (0, 0) else { return [] }
    let text = "\(ended) open connections ended by themselves, \(cut) were cut"
    return [line(.emptied, "\(name(command)) emptied", [text], host: command?.host)]
  }

  /// - Parameter tenants: where the sessions of the step's tenants went; nil without such tenants.
  func judged(
    _ assessment: Assessment, tenants: String?, isPassing: Bool
  ) -> [StoryLine] {
    let (canary, stable) = (assessment.canary, assessment.stable)
    let errors =
      "errors \(Wording.rate(canary.errors, of: canary.sessions)) of \(canary.sessions) against "
      + "\(Wording.rate(stable.errors, of: stable.sessions)) of \(stable.sessions)"
    let share = assessment.share.map { ["measured \(Wording.measured($0))"] } ?? []
    let isFailure = assessment.verdict == .fail
    let severity: Severity = isFailure ? .bad : .plain
    let reasons = isFailure && !isPassing ? assessment.reasons.prefix(3) : []
    let verdict = line(
      .judged, "verdict \(isFailure ? "FAIL" : assessment.verdict.rawValue)",
      [errors] + share + [tenants].compactMap(\.self), severity: severity, isPassing: isPassing)
    return [verdict] + reasons.map { line(.judged, "", [$0], severity: severity) }
  }

  func verified(_ verification: Verification) -> [StoryLine] {
    if verification.isClean, verification.strangers?.isEmpty ?? true {
      let text = "weights, links and fingerprints are equal to last good"
      return [line(.verified, "read back", [text], severity: .good, isPassing: true)]
    }
    var lines: [StoryLine] = []
    for (host, fault) in verification.faults.sorted(by: { $0.key < $1.key }) {
      lines.append(
        line(.verified, "\(host)", ["not verified: \(fault)"], host: host, severity: .bad))
    }
    if let fault = verification.balancerFault {
      lines.append(line(.verified, "balancer", [fault], severity: .bad))
    }
    return lines + strangers(verification)
  }

  /// Operations of others: they change nothing about what was read back, and somebody has to know.
  private func strangers(_ verification: Verification) -> [StoryLine] {
    let strangers = verification.strangers ?? [:]
    return strangers.sorted { $0.key < $1.key }.map { host, ids -> StoryLine in
      let names = ids.map(\.rawValue).joined(separator: ", ")
      return line(
        .verified, "\(host)",
        ["performed \(names), which this ledger does not know: another writer ordered it"],
        host: host, severity: .bad)
    }
  }

  func failed(_ command: Command?, _ failure: CommandFailure) -> [StoryLine] {
    let place = command?.host?.rawValue ?? command?.kind.rawValue ?? "a command"
    let remedy = failure.remedy.map { "  \($0)" } ?? ""
    return [
      line(
        .failed, "\(place) failed", [failure.message + remedy], host: command?.host, severity: .bad)
    ]
  }

  private func name(_ command: Command?) -> String { command?.host?.rawValue ?? "?" }
}
