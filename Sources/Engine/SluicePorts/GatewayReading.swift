import SluiceCore

/// What an OpenClaw gateway on this host says of itself, whatever its dialect: by its own protocol first,
/// its HTTP probes, and its command line for what has no protocol. Asking changes nothing.
public protocol GatewayReading: Sendable {
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
  /// Whether clients' sessions can reach it over HTTP, now; nil when it does not say.
  func sessionWay() async -> SessionWay?
  /// Sends one request the way the balancer sends it, forwarded headers and all; a fault as text.
  func faultBehindBalancer() async throws(PortError) -> String?
}

/// How a client's session reaches a gateway.
public enum SessionWay: String, Sendable, Hashable, Codable {
  /// `POST /v1/chat/completions`, which a gateway has switched off unless it is told otherwise.
  case http
  /// The gateway's own protocol over a WebSocket alone.
  case gatewayProtocol = "protocol"
}
