import SluiceCore
import SluiceLedger

/// Tells a ledger as it grows: of every line what happened, to whom, how sure.
///
/// The narrator replays the ledger's lines, as every reader does, and knows nothing else.
public struct LedgerNarrator: Sendable {
  /// The promotion that it tells of; nil before its first line.
  public private(set) var promotion: Promotion?
  private let id: PromotionID?
  private var replay = Replay()
  private var toldVerdict: (step: Int, verdict: Verdict)?
  private var toldUnverified = false
  private var controllers = 0

  /// - Parameter id: nil: every promotion is told.
  public init(_ id: PromotionID? = nil) { self.id = id }

  /// The story of one ledger line. Lines are taken in order from the ledger's first.
  public mutating func take(_ entry: LedgerEntry) throws(LedgerFault) -> [StoryLine] {
    let before = replay.promotion
    try replay.take(entry)
    guard id == nil || entry.promotion == id?.rawValue, let after = replay.promotion else {
      return []
    }
    promotion = after
    guard let event = try Recording.event(of: entry) else { return [] }
    return lines(event, entry, before: before, after: after)
  }

  private mutating func lines(
    _ event: PromotionEvent, _ entry: LedgerEntry, before: Promotion?, after: Promotion
  ) -> [StoryLine] {
    let words = StoryWords(time: String(entry.timestamp.dropFirst(11).prefix(8)))
    switch event {
    case .started(let frozen):
      (toldVerdict, toldUnverified, controllers) = (nil, false, 0)
      return words.began(frozen.plan, entry)
    case .approved(let approval):
      return [words.line(.approved, "approved", ["\(approval.actor): \(approval.reason)"])]
    case .leased(let epoch):
      // The first one is the promotion's own.
      defer { controllers += 1 }
      return controllers == 0
        ? [] : [words.line(.takenOver, "controller", ["took over, epoch \(epoch)"])]
    case .intended(let order): return words.ordered(order.command)
    case .asked(let request):
      let why = request.reason.isEmpty ? "" : ": \(request.reason)"
      return [words.line(.asked, request.actor, ["asks to \(request.action.rawValue)\(why)"])]
    case .finished(let id, let outcome):
      let command = before?.outstanding.first { $0.id == id }?.command
      return finished(command, outcome, words, before: before, after: after)
        + turning(entry, words, before: before, after: after)
    }
  }

  private mutating func finished(
    _ command: Command?, _ outcome: Outcome, _ words: StoryWords, before: Promotion?,
    after: Promotion
  ) -> [StoryLine] {
    switch outcome {
    case .inspected(let blockers): return words.inspected(blockers, after.plan)
    case .placed(let report): return words.placed(command, report)
    case .swung(let report): return words.swung(command, report, after.plan)
    case .applied(let state):
      return words.applied(state, unpinned: before?.weights.pinEpoch ?? 0)
    case .evicted(let ended, let cut): return words.evicted(command, ended: ended, cut: cut)
    case .assessed(let watch): return judged(watch.assessment, words, before: before)
    case .verified(let verification): return words.verified(verification)
    case .archived:
      return [words.line(.archived, "archived", ["this is the last good state now"])]
    case .failed(let failure): return words.failed(command, failure)
    case .waited, .concluded, .disarmed: return []
    }
  }

  /// Each verdict of a step once, and no want of evidence before one; every other look in passing.
  private mutating func judged(
    _ assessment: Assessment, _ words: StoryWords, before: Promotion?
  ) -> [StoryLine] {
    guard case .ramping(let step)? = before?.phase else { return [] }
    let verdict = assessment.verdict
    let isNews =
      (toldVerdict?.step != step || toldVerdict?.verdict != verdict)
      && (verdict != .insufficient || toldVerdict?.step == step)
    if isNews { toldVerdict = (step, verdict) }
    let tenants = before?.tenantWords(by: assessment)
    return words.judged(assessment, tenants: tenants, isPassing: !isNews)
  }

  /// The lines for a change of phase.
  private mutating func turning(
    _ entry: LedgerEntry, _ words: StoryWords, before: Promotion?, after: Promotion
  ) -> [StoryLine] {
    guard before?.phase != after.phase else { return [] }
    switch after.phase {
    case .rollingBack(.draining): return words.turnedBack(after)
    case .rolledBackUnverified:
      guard !toldUnverified else { return [] }
      toldUnverified = true
      return words.notVerified(after)
    case .settling: return [words.line(.settling, "settling", ["all hosts moved; baking"])]
    case .concluded(let conclusion):
      return words.head(entry) + [words.concluded(conclusion, of: after)]
    default: return []
    }
  }
}
