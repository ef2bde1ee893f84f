import SluiceCore
import SluicePorts

/// The causes that keep a promotion from moving, in sentences that status and explanation share.
enum PromotionTrouble {
  /// A rollback that cannot set the share; nil when it can.
  ///
  /// - Parameter balancer: as it reads back now; nil when it was not asked.
  static func stuck(
    _ promotion: Promotion, balancer: Result<BalancerState, PortError>? = nil
  ) -> String? {
    guard let stuck = promotion.stuck, promotion.phase.isRollingBack else { return nil }
    let since = Timestamp.clockText(stuck.since.wallMilliseconds)
    var text =
      "rolling back: the share cannot be set since \(since) UTC: \(stuck.failure.message). "
    if case .success(let state)? = balancer {
      text += "The balancer has \(state.weights.share) now."
    } else if let weights = stuck.failure.weights {
      text += "The balancer still had \(weights.share) when it was last read."
    } else {
      text +=
        "The balancer does not say what the share is; \(promotion.weights.share) was read back last."
    }
    return text
  }

  /// The remedy.
  static func remedy(_ stuck: Promotion.Stuck) -> String {
    (stuck.failure.remedy.map { "\($0)   " } ?? "")
      + "Sluice tries again by itself, every 15 s or sooner."
  }

  /// Hosts that do not answer, since when, and until when the promotion waits for them.
  static func silence(_ promotion: Promotion, at now: Moment) -> String? {
    guard let (host, since) = promotion.silentSince.min(by: { $0.key < $1.key }),
      !promotion.phase.isTerminal
    else { return nil }
    let others = promotion.silentSince.count - 1
    let names = others > 0 ? "\(host) and \(others) more do not" : "\(host) does not"
    let reason = promotion.watch?.hosts[host]?.reason.map { " (\($0))" } ?? ""
    let text =
      "\(names) answer since \(Timestamp.clockText(since.wallMilliseconds)) UTC\(reason). "
      + "The promotion moves nothing until it answers"
    guard let left = promotion.millisecondsUntilItGoesBack(at: now) else { return "\(text)." }
    let until = Timestamp.clockText(now.wallMilliseconds.addingClamped(left))
    return "\(text), and rolls back at \(until) UTC when it has not."
  }
}

extension Notice {
  /// With its time of day.
  public var sentence: String { "\(Timestamp.clockText(atMilliseconds)) UTC  \(text)" }
}

extension RunSummary {
  /// The agents' runs, of both arms.
  public var sentence: String {
    func arm(_ runs: ArmRuns) -> String {
      "\(runs.faults) of \(runs.runs) runs"
        + (runs.unfinished > 0 ? " (\(runs.unfinished) never ended)" : "")
    }
    let open = canary.open + stable.open
    return "failed \(arm(canary)) against \(arm(stable))"
      + (open > 0 ? "   \(open) still run" : "")
      + (lost > 0 ? "   \(lost) rows are missing" : "")
  }
}
