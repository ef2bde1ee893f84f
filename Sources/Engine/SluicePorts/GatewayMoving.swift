import SluiceCore

/// Actions on an OpenClaw gateway of this host: closing, opening, restarting in place, and Sluice's
/// own session.
public protocol GatewayMoving: Sendable {
  /// Closes admission and lets running work end. Returns when idle or at the deadline. In both
  /// cases the gateway stays closed, its lease renewed, until `resume` or a restart. The same token
  /// continues the same drain.
  func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport
  func resume() async throws(PortError)
  /// The gateway restarts itself in place: same pid, new boot id.
  func requestRestart(reason: String) async throws(PortError)
  /// Runs one session of Sluice's own, end to end; returns its duration in milliseconds.
  ///
  /// - Parameter way: the way by which sessions reached the previous process. If it was HTTP, a
  ///   gateway that no longer serves HTTP fails; nil: any way.
  func warmUp(over way: SessionWay?, deadline: Duration) async throws(PortError) -> Int64
}

extension GatewayMoving {
  /// A warm-up over any way.
  public func warmUp(deadline: Duration) async throws(PortError) -> Int64 {
    try await warmUp(over: nil, deadline: deadline)
  }
}

public struct DrainReport: Sendable, Hashable, Codable {
  public var isIdle: Bool
  /// Work that ran at the beginning of the drain.
  public var activeAtStart: Int
  /// Work that still runs.
  public var activeNow: Int
  public var milliseconds: Int64

  public init(isIdle: Bool, activeAtStart: Int, activeNow: Int, milliseconds: Int64) {
    self.isIdle = isIdle
    self.activeAtStart = activeAtStart
    self.activeNow = activeNow
    self.milliseconds = milliseconds
  }
}
