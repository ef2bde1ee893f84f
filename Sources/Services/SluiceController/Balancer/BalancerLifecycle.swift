import SluicePorts
import SluiceStatus

/// Starts and ends a balancer whose process Sluice owns.
public protocol BalancerLifecycle: Sendable {
  /// Adopts the running process or starts one; never two.
  @discardableResult
  func ensureRunning() async throws(PortError) -> BalancerProcess

  /// Replaces the process, whatever the state of the old one.
  func restart() async throws(PortError) -> BalancerProcess

  /// Lets open sessions end, then ends the process. The keeper does not start it again.
  func stop() async throws(PortError)

  /// The state of the balancer and its keeper, as far as it is visible without a query.
  func sight() -> DoorSight

  /// Why the balancer's process has more rights than it needs; nil if it does not.
  func unconfined() -> String?
}

/// The process of a balancer in service.
public struct BalancerProcess: Sendable, Hashable {
  /// With its version, for people: `HAProxy 2.6.12`.
  public var program: String
  public var processID: Int32
  /// False if the process was just started.
  public var wasAdopted: Bool

  public init(program: String, processID: Int32, wasAdopted: Bool) {
    self.program = program
    self.processID = processID
    self.wasAdopted = wasAdopted
  }
}
