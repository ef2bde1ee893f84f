import SluiceCore

/// One OpenClaw gateway on this host, whatever its dialect: by its own protocol first, its HTTP
/// probes, and its command line for what has no protocol (`facts/openclaw.md` M.10).
public protocol GatewayControl: Sendable {
  /// The process that serves, by its own word, with the marker that it has loaded.
  func identity() async throws(PortError) -> GatewayIdentity
  /// The skills that the running process has loaded.
  func skills() async throws(PortError) -> [LoadedSkill]
  func readiness() async -> GatewayReadiness
  /// Operations that wait in all lanes.
  func queueDepth() async throws(PortError) -> Int
  /// Slow (5 to 19 s): run it beside, never inside a request.
  func doctor() async throws(PortError) -> DoctorReport
  /// What is wrong with the configuration; empty when it is valid.
  func configurationFaults() async throws(PortError) -> [String]
  func webhookDigest() async throws(PortError) -> WebhookDigestReport

  /// Closes admission and lets running work end. Returns when idle or at the deadline; the gateway
  /// stays closed either way, its lease renewed, until `resume` or a restart. The same token drains
  /// the same drain.
  func drain(token: String, deadline: Duration) async throws(PortError) -> DrainReport
  func resume() async throws(PortError)
  /// Restart in place, by the gateway itself: same pid, new boot id.
  func requestRestart(reason: String) async throws(PortError)
  /// One session of Sluice's own, end to end; returns how long it took, in milliseconds.
  func warmUp(deadline: Duration) async throws(PortError) -> Int64
  /// Sends one request the way the balancer sends it, forwarded headers and all; a fault as text.
  func faultBehindBalancer() async throws(PortError) -> String?
}

public struct LoadedSkill: Sendable, Hashable, Codable {
  public var name: String
  public var description: String
  public var source: String
  public var filePath: String
  public var isEligible: Bool

  public init(
    name: String, description: String, source: String, filePath: String, isEligible: Bool
  ) {
    self.name = name
    self.description = description
    self.source = source
    self.filePath = filePath
    self.isEligible = isEligible
  }
}

/// What the probes of OpenClaw itself say. A status code alone is never an answer.
public enum GatewayReadiness: Sendable, Hashable, Codable {
  /// Nothing answers.
  case down(String)
  case starting(String)
  case draining
  /// Started; `failing` are the components that `/readyz` names, empty when ready.
  case started(failing: [String])
  /// Something answered that is not OpenClaw.
  case unintelligible(String)
}

public struct DoctorFinding: Sendable, Hashable, Codable {
  public enum Severity: String, Sendable, Hashable, Codable { case info, warning, error }

  public var check: String
  public var severity: Severity
  public var requirement: String?
  public var path: String?
  public var target: String?
  public var message: String

  public init(
    check: String, severity: Severity, requirement: String?, path: String?, target: String?,
    message: String
  ) {
    self.check = check
    self.severity = severity
    self.requirement = requirement
    self.path = path
    self.target = target
    self.message = message
  }
}

public struct DoctorReport: Sendable, Hashable, Codable {
  public var findings: [DoctorFinding]
  /// What the program wrote, for the evidence digest.
  public var raw: [UInt8]

  public init(findings: [DoctorFinding], raw: [UInt8]) {
    self.findings = findings
    self.raw = raw
  }
}

public struct WebhookDigestReport: Sendable, Hashable, Codable {
  public var state: MergedProbe.WebhookDigest.State
  public var rows: Int
  public var raw: [UInt8]

  public init(state: MergedProbe.WebhookDigest.State, rows: Int, raw: [UInt8]) {
    self.state = state
    self.rows = rows
    self.raw = raw
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
