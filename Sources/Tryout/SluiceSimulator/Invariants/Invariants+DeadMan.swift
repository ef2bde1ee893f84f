import SluiceCore

// 36: no canary has a share while its agent may go back by itself, and the agent does so only on the
// word of the writer that it last heard.

extension Invariants {
  /// By the ledger a swing forward arms from its intent on. A confirmed disarming ends that, and so does
  /// a swing to the last good release. An agent moves its gateway by itself only while it is armed and
  /// the canary has no share, and never on a word of an epoch below one that the host has heard since.
  mutating func checkDeadMan() {
    guard plan.fleet.swing.deadManMilliseconds != nil, plan.purpose.goesForward else { return }
    var armed: Set<HostName> = []
    var heard: [HostName: Epoch] = [:]
    var read = 0
    for effect in effects {
      while read < min(effect.lines, lines.count) {
        follow(lines[read].event, &armed)
        read += 1
      }
      if case .weights(let weights) = effect.kind {
        expect(
          weights.share == .zero || armed.isEmpty, 36, "no share over an armed agent",
          "the share became \(weights.share) while \(armed.map(\.rawValue).sorted()) may go back")
      }
      guard let id = effect.kind.operation, let host = host(of: id.armedBy ?? id) else { continue }
      if id.armedBy == nil {
        heard[host] = max(heard[host] ?? Epoch(0), effect.epoch)
        continue
      }
      let share = weightsOrdered(before: effect.lines).share
      expect(
        armed.contains(host) && share == .zero, 36, "no share over an armed agent",
        "\(effect.kind), with a share of \(share)")
      expect(
        effect.epoch >= heard[host] ?? Epoch(0), 36, "no share over an armed agent",
        "\(effect.kind) on a word of epoch \(effect.epoch), after the host heard \(heard[host] ?? Epoch(0))"
      )
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
