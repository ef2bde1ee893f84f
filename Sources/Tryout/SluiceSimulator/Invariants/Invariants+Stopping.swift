import SluiceCore

// 29, stop is obeyed: a controller that is awake carries out each request, and rolls back when its
// ledger is changed.

extension Invariants {
  /// The first line behind the change starts the rollback, and no share rises after it.
  mutating func checkTamperings(_ tamperings: [World.Tampering]) {
    for tampering in tamperings where !tampering.isVoid && tampering.lines < lines.count {
      let line = lines[tampering.lines]
      let gaveUp = line.after.outstanding.contains {
        if case .conclude = $0.command { true } else { false }
      }
      expect(
        line.after.phase.isRollingBack || line.after.phase.isTerminal || gaveUp, 29,
        "stop is obeyed",
        "the ledger was changed under its controller at line \(tampering.lines), which wrote line "
          + "\(line.index + 1) and went on \(line.after.phase.title)")
      let raised = lines[tampering.lines...].first {
        guard case .intended(let order) = $0.event, case .apply(let weights) = order.command
        else { return false }
        return weights.share > plan.snapshot.weights.share
      }
      expect(
        raised == nil, 29, "stop is obeyed",
        "the ledger was changed under its controller, and line \(raised?.index ?? 0) raises a share"
      )
    }
  }

  /// A request is a line within its bound, unless the promotion ended before it.
  mutating func checkDeliveries(_ deliveries: [World.Delivery]) {
    for delivery in deliveries where !delivery.isVoid {
      let isThere = lines[min(delivery.lines, lines.count)...].contains { line in
        let waited = line.moment.milliseconds(since: delivery.at) ?? Int64.max
        guard waited <= World.deliveryBound else { return false }
        if line.after.phase.isTerminal { return true }
        guard case .asked(let request) = line.event else { return false }
        return request.action == delivery.action
      }
      expect(
        isThere, 29, "stop is obeyed",
        "\(delivery.action.rawValue) was asked at line \(delivery.lines), and is in no line of the "
          + "\(World.deliveryBound / 1_000) s after it")
    }
  }
}
