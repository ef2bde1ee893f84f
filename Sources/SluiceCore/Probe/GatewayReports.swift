/// A skill that the running process has loaded.
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

  public var isReady: Bool { self == .started(failing: []) }
}

public struct DoctorFinding: Sendable, Hashable, Codable {
  public enum Severity: String, Sendable, Hashable, Codable, Comparable {
    case info, warning, error

    private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
  }

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

  /// Whether both are the same finding, however it is worded today: messages hold figures that
  /// vary (`facts/openclaw.md` M.3).
  public func isSame(as other: DoctorFinding) -> Bool {
    check == other.check && requirement == other.requirement && path == other.path
      && target == other.target
  }

  /// Whether one of the accepted findings is this one, and was no less severe.
  public func isAccepted(by accepted: [DoctorFinding]) -> Bool {
    accepted.contains { isSame(as: $0) && $0.severity >= severity }
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

  /// Those that count: warnings and errors.
  public var weighty: [DoctorFinding] { findings.filter { $0.severity >= .warning } }
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
