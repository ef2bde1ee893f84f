import SluiceCore

/// How one turn of a conversation ended, as its client sees it.
enum TurnEnd: Sendable {
  /// - Parameters:
  ///   - arm: nil when no balancer said one.
  ///   - isContextLost: the gateway that answered does not know what an earlier one knew.
  case answered(Reply, Arm?, isContextLost: Bool)
  case releaseError(Arm?)
  case lost(String, isCut: Bool)
  /// The load ends: this turn counts for nothing.
  case cancelled
}
