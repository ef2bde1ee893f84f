import SluiceCore
import SluiceHAProxy
import SluiceSystem

/// What can be seen of the balancer's process and its keeper without asking HAProxy.
public struct DoorSight: Sendable, Hashable {
  /// A HAProxy was started here at some time.
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

extension FleetServices {
  public func door() -> DoorSight {
    DoorSight(
      wasEverStarted: balancer.wasEverStarted(), hasProcess: balancer.hasProcess(),
      isStopped: balancer.isStoppedByOperator(),
      keeper: KeeperSight.take(balancer.files, now: SystemClock.wallMilliseconds()))
  }
}
