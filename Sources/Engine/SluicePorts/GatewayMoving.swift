import SluiceCore

/// What changes an OpenClaw gateway on this host, or has it work: closing, opening, restarting in place,
/// and a session of Sluice's own.
public protocol GatewayMoving: Sendable {
  /// Closes admission and lets running work end. Returns when idle or at the deadline; the gateway
  /// stays closed either way, its lease renewed, until `resume` or a restart. The same token drains
  /// the same drain.
  func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport
  func resume() async throws(PortError)
  /// Restart in place, by the gateway itself: same pid, new boot id.
  func requestRestart(reason: String) async throws(PortError)
  /// One session of Sluice's own, end to end; returns how long it took, in milliseconds.
  ///
  /// - Parameter way: how sessions reached the process before this one. Where that was HTTP, a gateway
  ///   that does not serve HTTP any more fails; nil: whichever way it has.
  func warmUp(over way: SessionWay?, deadline: Duration) async throws(PortError) -> Int64
}

extension GatewayMoving {
  /// Whichever way it has.
  public func warmUp(deadline: Duration) async throws(PortError) -> Int64 {
    try await warmUp(over: nil, deadline: deadline)
  }
}

public struct DrainReport: Sendable, Hashable, Codable {
  public var isIdle: Bool
  /// What ran when the drain began.
  public var activeAtStart: Int
  /// What still runs.
  public var activeNow: Int
  public var milliseconds: Int64

  public init(isIdle: Bool, activeAtStart: Int, activeNow: Int, milliseconds: Int64) {
    self.isIdle = isIdle
    self.activeAtStart = activeAtStart
    self.activeNow = activeNow
    self.milliseconds = milliseconds
  }
}
