import SluiceCore

/// Reads an OpenClaw gateway of this host, in any dialect: over its own protocol first, over its
/// HTTP probes, and over its command line for the rest. Reading changes nothing.
public protocol GatewayReading: Sendable {
  /// The build and the way to talk to it; found out by asking the program.
  func profile() async -> GatewayProfile
  /// Asks every question that Sluice will ever ask; returns the answers and their meaning. Changes
  /// nothing; takes up to a minute.
  func examine(tenants: [String]) async -> [GatewayAnswer]
  /// The serving process by its own report, with the marker that it has loaded.
  func identity() async throws(PortError) -> GatewayIdentity
  /// The state directory that the running process reports; nil if it reports none.
  func stateDirectory() async throws(PortError) -> String?
  /// The skills that the running process has loaded.
  func skills() async throws(PortError) -> [LoadedSkill]
  func readiness() async -> GatewayReadiness
  /// The number of queued operations in all lanes.
  func queueDepth() async throws(PortError) -> Int
  /// By tenant, or for the whole gateway under `ProbeInputs.wholeGateway`. Slow (5 to 19 s): call
  /// it in the background, never within a request.
  func doctor(tenants: [String]) async throws(PortError) -> [String: DoctorReport]
  /// Faults of the configuration; empty if it is valid.
  func configurationFaults(tenants: [String]) async throws(PortError) -> [String]
  func webhookDigest() async throws(PortError) -> WebhookDigestReport
  /// The way by which clients' sessions reach the gateway now; nil if the gateway does not say.
  func sessionWay() async -> SessionWay?
  /// Sends one request like the balancer's, with forwarded headers; returns the fault as text. Nil also
  /// where the balancer is on another machine, and asks for itself.
  func faultBehindBalancer() async throws(PortError) -> String?
}

/// The way by which a client's session reaches a gateway.
public enum SessionWay: String, Sendable, Hashable, Codable {
  /// `POST /v1/chat/completions`, which is off by default.
  case http
  /// Only the gateway's own protocol over a WebSocket.
  case gatewayProtocol = "protocol"
}
