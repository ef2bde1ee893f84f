import SluiceCore

// Conversations and their turns: 30.

extension Invariants {
  /// A conversation changes its gateway only for a cause, and a turn is cut only when it had the time
  /// that the fleet gives it.
  mutating func checkConversations(
    _ strays: [ConversationMoves.Stray], _ cuts: [RunningTurns.Cut]
  ) {
    if let stray = strays.first {
      blameMove(
        "\(strays.count) conversations were moved, the first from \(stray.from) to \(stray.to) "
          + "at \(stray.weights.share)")
    }
    for line in lines {
      guard case .intended(let order) = line.event, case .apply(let weights) = order.command,
        let before = history.lineBefore(line)?.after, weights.pinEpoch > before.weights.pinEpoch
      else { continue }
      let isMeant = line.after.phase == .shadowing || line.after.phase.isRollingBack
      expect(
        isMeant, 30, Self.conversations,
        "clients pinned to the canary are un-pinned while \(line.after.phase.title)")
    }
    for cut in cuts { checkCut(cut) }
  }

  private static let conversations = "no conversation moved without a cause"

  private mutating func blameMove(_ what: String) { expect(false, 30, Self.conversations, what) }

  private mutating func checkCut(_ cut: RunningTurns.Cut) {
    let policy = plan.fleet.swing
    switch cut.by {
    case .eviction:
      guard plan.purpose != .revertNow else { return }
      // The time counts from any of its intents: a successor waits for the rest only.
      let waits = lines.prefix(cut.lines).compactMap { line -> Int64? in
        guard case .intended(let order) = line.event,
          case .evict(cut.host, _) = order.command
        else { return nil }
        return cut.at.milliseconds(since: line.moment) ?? .max
      }
      expect(
        waits.contains { $0 >= policy.rollbackDrain }, 30, Self.conversations,
        "turns on \(cut.host) were cut \(waits.max() ?? 0) ms after its drain began, it has "
          + "\(policy.rollbackDrain) ms")
    case .swing(let id):
      guard let line = intents[id], let waited = cut.at.milliseconds(since: line.moment) else {
        return
      }
      let isRollback = line.after.phase.isRollingBack && plan.canaries.contains(cut.host)
      let bound =
        isRollback && plan.purpose != .revertNow
        ? min(policy.drainMilliseconds, policy.rollbackDrain) : policy.drainMilliseconds
      expect(
        waited >= bound, 30, Self.conversations,
        "turns on \(cut.host) were cut by \(id) after \(waited) ms of \(bound)")
    }
  }
}
