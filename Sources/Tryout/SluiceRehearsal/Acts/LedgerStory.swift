import SluiceCore
import SluiceLedger
import SluiceStatus

/// One promotion's ledger lines, the rehearsal's only source about the promotion.
struct LedgerStory: Sendable {
  /// From the line that it began at.
  let entries: [LedgerEntry]
  /// Nil when no promotion begins there.
  let promotion: Promotion?
  /// When it turned back, if it did.
  private let turnedBack: LedgerEntry?

  /// - Parameter first: the number of lines that were there before.
  init(_ all: [LedgerEntry], from first: Int) throws(LedgerFault) {
    entries = Array(all.dropFirst(first))
    var replay = Replay()
    var turn: LedgerEntry?
    for (index, entry) in all.enumerated() {
      try replay.take(entry)
      if index >= first, turn == nil, replay.promotion?.phase.isRollingBack == true { turn = entry }
    }
    turnedBack = turn
    promotion = entries.contains { $0.kind == .started } ? replay.promotion : nil
  }

  /// Only the lines, for readers that take them one by one.
  init(lines: [LedgerEntry]) {
    entries = lines
    promotion = nil
    turnedBack = nil
  }

  var isEnded: Bool { promotion?.phase.isTerminal == true }

  var ending: ActReport.Ending {
    switch promotion?.phase {
    case .concluded(.completed): .completed
    case .concluded(.rolledBack): .rolledBack
    case .concluded(.refused): .refused
    case .rolledBackUnverified: .rolledBackUnverified
    default: .failed
    }
  }

  /// How it ended, or why it has not, in the words of `sluice explain`.
  var reason: String {
    guard let promotion, let now = entries.last?.moment else { return "no promotion began" }
    return Explanation(promotion, sight: .atWork("the rehearsal's controller"), now: now).answer
  }

  /// The steps that got a share, as the balancer's log counted them.
  var steps: [ActReport.Step] {
    (promotion?.steps ?? []).map { step in
      ActReport.Step(
        intended: step.intended,
        measured: MeasuredShare(
          count: step.measured?.canaryDraws ?? 0, total: step.measured?.draws ?? 0))
    }
  }

  /// Of a rollback that a verdict began; nil when it is not whole.
  var caught: ActReport.Facts? {
    guard let verdict = turnedBack, let first = promotion?.steps.first?.beganAt, let retreat
    else { return nil }
    let sessions = promotion?.steps.reduce(0) { $0 + $1.canarySessions } ?? 0
    return .caught(
      canarySessions: sessions,
      after: verdict.monotonicMilliseconds - first.monotonicMilliseconds,
      shareZero: retreat.shareZero, verified: retreat.verified)
  }

  /// Milliseconds from the moment when it turned back; nil when it is not whole.
  var retreat: (shareZero: Int64, verified: Int64)? {
    guard let turn = turnedBack,
      let zero = entries.first(where: { $0.n > turn.n && $0.kind == .done(.apply) }),
      let verified = entries.first(where: { $0.kind == .ended(.rolledBack) })
    else { return nil }
    return (
      zero.monotonicMilliseconds - turn.monotonicMilliseconds,
      verified.monotonicMilliseconds - turn.monotonicMilliseconds
    )
  }

  /// The swings in their order, as the hosts reported them.
  ///
  /// - Parameter host: nil: all of them.
  func swings(of host: HostName? = nil) -> [SwingReport] {
    done.compactMap { order, outcome in
      guard case .swung(let report) = outcome, host == nil || order.command.host == host else {
        return nil
      }
      return report
    }
  }

  /// Open connections that were cut because they outlived their share and the drain.
  var evictions: Int {
    done.reduce(0) { sum, done in
      guard case .evicted(_, let cut) = done.outcome else { return sum }
      return sum + cut
    }
  }

  /// The remarks about the evidence, in the order of the ledger's lines.
  var notices: [String] {
    entries.flatMap { entry -> [String] in
      guard case .finished(_, .assessed(let watch))? = try? Recording.event(of: entry) else {
        return []
      }
      return (watch.notices ?? []).map(\.text)
    }
  }

  /// How often each host was swung.
  var swingCounts: [HostName: Int] {
    motions.reduce(into: [:]) { counts, motion in
      if case .swing(let order) = motion.command { counts[order.host, default: 0] += 1 }
    }
  }

  /// Everything that was done more than once: an order that ended twice, a host swung to the
  /// release that it ran already, a change of the weights that was ordered again.
  var twice: [String] {
    var found: [String] = []
    var ended: Set<String> = []
    for entry in entries where entry.kind.isDone || entry.kind.isFailure {
      if !ended.insert(entry.operation).inserted { found.append("order \(entry.operation)") }
    }
    var runs: [HostName: String] = [:]
    var generations: Set<Int64> = []
    for motion in motions {
      switch motion.command {
      case .swing(let order):
        if runs.updateValue(order.release.tag, forKey: order.host) == order.release.tag {
          found.append("swing of \(order.host) to \(order.release.tag)")
        }
      case .apply(let weights):
        if !generations.insert(weights.generation).inserted {
          found.append("share \(weights.share)")
        }
      default: break
      }
    }
    return found
  }

  private var motions: [Order] { done.map(\.order) }

  /// The orders that were done, with what came of them, in the order of their outcomes.
  private var done: [(order: Order, outcome: Outcome)] {
    var intended: [OperationID: Order] = [:]
    var done: [(order: Order, outcome: Outcome)] = []
    for entry in entries {
      switch try? Recording.event(of: entry) {
      case .intended(let order): intended[order.id] = order
      case .finished(let id, let outcome) where entry.kind.isDone:
        if let order = intended[id] { done.append((order, outcome)) }
      default: break
      }
    }
    return done
  }
}
