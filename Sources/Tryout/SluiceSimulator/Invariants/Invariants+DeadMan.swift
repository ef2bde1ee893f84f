import SluiceCore

// 36: no canary has a share while its agent may go back by itself.

extension Invariants {
  /// By the ledger alone: a swing forward arms from its intent on. A confirmed disarming ends that, and
  /// so does a swing to the last good release.
  mutating func checkDeadMan() {
    guard plan.fleet.swing.deadManMilliseconds != nil, plan.purpose.goesForward else { return }
    var armed: Set<HostName> = []
    var read = 0
    for effect in effects {
      guard case .weights(let weights) = effect.kind else { continue }
      while read < min(effect.lines, lines.count) {
        follow(lines[read].event, &armed)
        read += 1
      }
      expect(
        weights.share == .zero || armed.isEmpty, 36, "no share over an armed agent",
        "the share became \(weights.share) while \(armed.map(\.rawValue).sorted()) may go back")
    }
  }

  private func follow(_ event: PromotionEvent, _ armed: inout Set<HostName>) {
    switch event {
    case .intended(let order):
      guard case .swing(let swing) = order.command, swing.release == plan.to,
        plan.canaries.contains(swing.host)
      else { return }
      armed.insert(swing.host)
    case .finished(let id, let outcome):
      guard case .intended(let order)? = intents[id]?.event else { return }
      switch (order.command, outcome) {
      case (.disarm(let host), .disarmed): armed.remove(host)
      case (.swing(let swing), .swung) where swing.release == plan.from: armed.remove(swing.host)
      default: break
      }
    default: break
    }
  }
}
