import SluiceCore
import SluiceLedger

/// Turns the ledger's lines into what is told of them.
struct LedgerTeller: Sendable {
  enum Line: Sendable, Hashable {
    case say(String)
    /// For the moment only.
    case show(String)
  }

  private var orders: [OperationID: Order] = [:]
  private var plan: Plan?
  /// Gateways that were swung to the new release last.
  private var swung: Set<HostName> = []
  private var pinEpoch: Int64 = 0

  mutating func tell(_ entry: LedgerEntry) -> Line? {
    guard let observation = try? Recording.observation(of: entry) else { return nil }
    switch observation {
    case .started(let frozen):
      let plan = frozen.plan
      (self.plan, swung, pinEpoch) = (plan, [], plan.snapshot.weights.pinEpoch)
      return .say("\(plan.from.tag) → \(plan.to.tag) begins")
    case .approved(let approval): return .say("approved by \(approval.actor): \(approval.reason)")
    case .leased(let epoch): return .say("a controller took the lease, epoch \(epoch)")
    case .asked(let request): return .say("\(request.actor) asks: \(request.action.rawValue)")
    case .intended(let order):
      orders[order.id] = order
      return Self.beginning(order.command).map { .show($0) }
    case .finished(let id, let outcome):
      if case .swing(let swing)? = orders[id]?.command, case .swung = outcome {
        if swing.release == plan?.to { swung.insert(swing.host) } else { swung.remove(swing.host) }
      }
      return ending(of: orders[id], outcome, entry)
    }
  }

  private static func beginning(_ command: Command) -> String? {
    switch command {
    case .prepare(let host): "\(host): bringing the slice, before its turn"
    case .place(let host): "\(host): placing the slice"
    case .swing(let order): "\(order.host): draining, then swinging to \(order.release.tag)"
    case .apply(let weights): "setting share \(weights.share)"
    case .evict(let host, _): "\(host): ending what outlives its share"
    default: nil
    }
  }

  private mutating func ending(of order: Order?, _ outcome: Outcome, _ entry: LedgerEntry) -> Line?
  {
    switch outcome {
    case .inspected(let blockers):
      return .say(
        blockers.first.map { "preflight: \($0)" } ?? "preflight: the fleet is as the plan says")
    case .placed(let report):
      let host = order?.command.host
      let isCanary = plan?.canaries.contains { $0 == host } ?? true
      let name = host.map { "\($0): " } ?? ""
      return .say(
        "\(name)\(report.version) placed \(isCanary ? "at share 0" : "beside what it runs")"
          + ", hashes to the lock")
    case .swung(let report): return swung(report, order)
    case .applied(let state):
      let isUnpinned = state.weights.pinEpoch > pinEpoch
      pinEpoch = state.weights.pinEpoch
      let isEverywhere = plan.map { swung.count == $0.fleet.gateways.count } ?? false
      return .say(
        "share \(state.weights.share), read back" + (isUnpinned ? ", sessions un-pinned" : "")
          + (isEverywhere ? ": as it was before; every host runs the new release" : ""))
    case .evicted(0, 0): return nil
    case .evicted(let ended, let cut):
      return .say("open connections of the canary: \(ended) ended by themselves, \(cut) cut")
    case .assessed(let watch): return Self.verdict(watch.assessment)
    case .verified(let verification):
      return .say(
        verification.isClean
          ? "weights, links and fingerprints read back: equal to last good"
          : "not yet as it was: "
            + (verification.balancerFault ?? verification.faults.values.sorted().first ?? ""))
    case .archived: return .say("archived as last good")
    case .failed(let failure): return .say("failed: \(failure.message)")
    case .concluded: return .say(Self.end(entry.kind))
    case .waited: return nil
    }
  }

  private func swung(_ report: SwingReport, _ order: Order?) -> Line {
    let host = order?.command.host.map { "\($0) " } ?? ""
    let says = report.after.marker?.version ?? "no release"
    let cut = report.cut == 0 ? "" : ", \(report.cut) cut"
    return .say(
      "\(host)swung in \(Figures.duration(report.totalMilliseconds)): says \(says) itself"
        + ", \(report.drained) let finish\(cut)")
  }

  /// A promotion's end, by the kind of its line.
  private static func end(_ kind: LedgerKind) -> String {
    switch kind {
    case .ended(.completed): "COMPLETED, on every host"
    case .ended(.rolledBack): "ROLLED BACK, verified on every host"
    case .ended(let ending): "\(ending?.rawValue ?? "ended"), nothing was moved"
    default: kind.rawValue
    }
  }

  private static func verdict(_ assessment: Assessment) -> Line {
    let share = assessment.share.map { ", measured \(Wording.measured($0))" } ?? ""
    let text =
      "verdict \(assessment.verdict.rawValue): \(assessment.canary.sessions) canary sessions"
      + ", \(assessment.canary.errors) errors\(share)"
    guard assessment.verdict == .fail else { return .show(text) }
    return .say("verdict FAIL: \(assessment.reasons.first ?? text)")
  }
}
