// The canary without a session: no share, and nobody held to it.

extension Promotion {
  func can(_ capability: BalancerCapability) -> Bool { plan.can.contains(capability) }

  /// The next change on the way there: both in one motion. Where the balancer cannot do that the share
  /// comes first: a client that is dealt to the canary after its pins are void is held to it anew.
  ///
  /// - Parameter isShareTaken: share 0 was read back, and nothing that is under way can raise it.
  mutating func emptying(isShareTaken: Bool) -> Command {
    let isAtOnce = can(.oneMotion) || isShareTaken
    return .apply(nextWeights(share: .zero, unpin: isAtOnce && can(.unpins)))
  }

  /// The way back begins to empty the canary. A change of the way up may still be under way: the share
  /// is not known.
  mutating func drain() -> [Order] {
    drainsSince = weights.pinEpoch
    return [order(emptying(isShareTaken: false))]
  }

  /// Without one motion a change that moves more than was known is refused: the next one begins with
  /// what the balancer reads back.
  mutating func noteRefusal(_ failure: CommandFailure) {
    guard phase == .rollingBack(.draining), !can(.oneMotion), let found = failure.weights
    else { return }
    weights = found
    drainsSince = found.pinEpoch
  }

  /// Whether clients may be held to the canary who were held to it at that pin epoch, and could be let
  /// go.
  func holdsClients(of pinEpoch: Int64) -> Bool { can(.unpins) && weights.pinEpoch == pinEpoch }
}
