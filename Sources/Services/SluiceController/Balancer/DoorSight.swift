/// What can be seen of the balancer's process and its keeper without asking it.
public struct DoorSight: Sendable, Hashable {
  /// One was started here at some time.
  public var wasEverStarted: Bool
  /// Its process is there.
  public var hasProcess: Bool
  /// An operator stopped it.
  public var isStopped: Bool
  public var keeper: KeeperSight

  public init(
    wasEverStarted: Bool, hasProcess: Bool, isStopped: Bool, keeper: KeeperSight
  ) {
    self.wasEverStarted = wasEverStarted
    self.hasProcess = hasProcess
    self.isStopped = isStopped
    self.keeper = keeper
  }
}
