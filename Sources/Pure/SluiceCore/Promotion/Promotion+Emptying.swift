// Emptying the canary: share 0 and no pinned clients.

extension Promotion {
  func can(_ capability: BalancerCapability) -> Bool { plan.can.contains(capability) }

  /// The next change towards an empty canary. Share and pin epoch change at once if the balancer
  /// can do that; otherwise the share comes first, because a client drawn to the canary after an
  /// un-pin would be pinned again.
  ///
  /// - Parameter isShareTaken: share 0 was read back, and no order under way can raise it.
  mutating func emptying(isShareTaken: Bool) -> Command {
    let isAtOnce = can(.oneMotion) || isShareTaken
    return .apply(nextWeights(share: .zero, unpin: isAtOnce && can(.unpins)))
  }

  /// The rollback begins to empty the canary. A change of weights from the way forward may still be
  /// running, so the share is unknown.
  mutating func drain() -> [Order] {
    drainsSince = weights.pinEpoch
    return [order(emptying(isShareTaken: false))]
  }

  /// A balancer that cannot change both at once refuses a change that moves more than was known.
  /// The next change starts from the weights that the balancer reads back.
  mutating func noteRefusal(_ failure: CommandFailure) {
    guard phase == .rollingBack(.draining), !can(.oneMotion), let found = failure.weights
    else { return }
    weights = found
    drainsSince = found.pinEpoch
  }

  /// Whether the canary may still have clients pinned at that pin epoch that can be un-pinned.
  func holdsClients(of pinEpoch: Int64) -> Bool { can(.unpins) && weights.pinEpoch == pinEpoch }
}
