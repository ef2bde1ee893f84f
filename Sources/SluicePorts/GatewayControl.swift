import SluiceCore

/// One OpenClaw gateway on this host, whatever its dialect: by its own protocol first, its HTTP
/// probes, and its command line for what has no protocol.
public protocol GatewayControl: Sendable {
  /// Which build it is, and how it is talked to; found out by asking its program.
  func profile() async -> GatewayProfile
  /// Asks everything that Sluice will ever ask, and says what came and what it means. Changes
  /// nothing; takes up to a minute.
  func examine(tenants: [String]) async -> [GatewayAnswer]
  /// The process that serves, by its own word, with the marker that it has loaded.
  func identity() async throws(PortError) -> GatewayIdentity
  /// The state directory that the running process says it works on; nil when it does not say.
  func stateDirectory() async throws(PortError) -> String?
  /// The skills that the running process has loaded.
  func skills() async throws(PortError) -> [LoadedSkill]
  func readiness() async -> GatewayReadiness
  /// Operations that wait in all lanes.
  func queueDepth() async throws(PortError) -> Int
  /// By tenant, or of the whole gateway under `ProbeInputs.wholeGateway`. Slow (5 to 19 s): run it
  /// beside, never inside a request.
  func doctor(tenants: [String]) async throws(PortError) -> [String: DoctorReport]
  /// What is wrong with the configuration; empty when it is valid.
  func configurationFaults(tenants: [String]) async throws(PortError) -> [String]
  func webhookDigest() async throws(PortError) -> WebhookDigestReport

  /// Closes admission and lets running work end. Returns when idle or at the deadline; the gateway
  /// stays closed either way, its lease renewed, until `resume` or a restart. The same token drains
  /// the same drain.
  func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport
  func resume() async throws(PortError)
  /// Restart in place, by the gateway itself: same pid, new boot id.
  func requestRestart(reason: String) async throws(PortError)
  /// Whether clients' sessions can reach it over HTTP, now; nil when it does not say.
  func sessionWay() async -> SessionWay?
  /// One session of Sluice's own, end to end; returns how long it took, in milliseconds.
  ///
  /// - Parameter way: how sessions reached the process before this one. Where that was HTTP, a gateway
  ///   that does not serve HTTP any more fails; nil: whichever way it has.
  func warmUp(over way: SessionWay?, deadline: Duration) async throws(PortError) -> Int64
  /// Sends one request the way the balancer sends it, forwarded headers and all; a fault as text.
  func faultBehindBalancer() async throws(PortError) -> String?

  /// The rows of its run ledger after a cursor; nil: from its oldest row.
  func runs(after cursor: RunCursor?) async throws(PortError) -> RunPage
  /// Keeps one connection to the gateway, over which the others ask while it stands, and tells what
  /// is heard on it. Returns when the task is cancelled.
  func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async
}

extension GatewayControl {
  /// Whichever way it has.
  public func warmUp(deadline: Duration) async throws(PortError) -> Int64 {
    try await warmUp(over: nil, deadline: deadline)
  }
}

/// How a client's session reaches a gateway.
public enum SessionWay: String, Sendable, Hashable, Codable {
  /// `POST /v1/chat/completions`, which a gateway has switched off unless it is told otherwise.
  case http
  /// The gateway's own protocol over a WebSocket alone.
  case gatewayProtocol = "protocol"
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
