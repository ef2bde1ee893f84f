// The canary without a session: no share, and nobody held to it.

extension Promotion {
  func can(_ capability: BalancerCapability) -> Bool { plan.can.contains(capability) }

  /// The next change on the way there: both in one motion. Where the balancer cannot do that the share
  /// comes first: a client that is dealt to the canary after its pins are void is held to it anew.
  mutating func emptying() -> Command {
    let isAtOnce = can(.oneMotion) || weights.share == .zero
    return .apply(nextWeights(share: .zero, unpin: isAtOnce && can(.unpins)))
  }

  /// Whether clients may be held to the canary who were held to it at that pin epoch, and could be let
  /// go.
  func holdsClients(of pinEpoch: Int64) -> Bool { can(.unpins) && weights.pinEpoch == pinEpoch }
}
