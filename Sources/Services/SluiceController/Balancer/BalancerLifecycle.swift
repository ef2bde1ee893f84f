import SluicePorts
import SluiceStatus

/// Starting and ending a balancer whose process is Sluice's own.
public protocol BalancerLifecycle: Sendable {
  /// Adopts the process that runs, or starts one; never two.
  @discardableResult
  func ensureRunning() async throws(PortError) -> BalancerProcess

  /// Has another process take its place, whatever the old one does.
  func restart() async throws(PortError) -> BalancerProcess

  /// Lets open sessions end, then ends it; nobody starts it again by himself.
  func stop() async throws(PortError)

  /// What can be seen of it and its keeper without asking it.
  func sight() -> DoorSight

  /// Why its process has more rights than it needs; nil where it has not.
  func unconfined() -> String?
}

/// The process of a balancer that serves.
public struct BalancerProcess: Sendable, Hashable {
  /// With its version, for people: `HAProxy 2.6.12`.
  public var program: String
  public var processID: Int32
  /// False when it was started just now.
  public var wasAdopted: Bool

  public init(program: String, processID: Int32, wasAdopted: Bool) {
    self.program = program
    self.processID = processID
    self.wasAdopted = wasAdopted
  }
}
