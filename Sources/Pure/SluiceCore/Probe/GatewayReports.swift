/// A skill that the running process has loaded.
public struct LoadedSkill: Sendable, Hashable, Codable {
  public var name: String
  public var description: String
  public var source: String
  public var filePath: String
  public var isEligible: Bool

  /// Of skills from `skills.load.extraDirs`, where the slice lies.
  public static let packSource = "openclaw-extra"

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

/// A skill of the pack on disk, that the running process shall have loaded.
public struct PackSkill: Sendable, Hashable, Codable {
  /// Its folder below the slice.
  public var folder: String
  /// As its front matter names it; nil when that cannot be read.
  public var name: String?
  /// Why OpenClaw will not load it, and what to do about that; nil: nothing is known to be wrong.
  public var fault: String?

  public init(folder: String, name: String?, fault: String?) {
    self.folder = folder
    self.name = name
    self.fault = fault
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

  /// Whether it serves: a component that failed before, and was taken as it is, may go on failing.
  public func isReady(besides known: Set<String>) -> Bool {
    if case .started(let failing) = self { known.isSuperset(of: failing) } else { false }
  }
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
  /// vary.
  public func isSame(as other: DoctorFinding) -> Bool {
    check == other.check && requirement == other.requirement && path == other.path
      && target == other.target
  }

  private static let componentCheck = "gateway/readyz"

  /// A component that `/readyz` names as failing, as a finding that can be accepted.
  public init(failingComponent name: String) {
    self.init(
      check: Self.componentCheck, severity: .error, requirement: nil, path: nil, target: name,
      message: "/readyz names \(name) as failing")
  }

  /// The component that a finding is about, if it is about one.
  public var component: String? { check == Self.componentCheck ? target : nil }

  /// Whether one of the accepted findings is this one, and was no less severe.
  public func isAccepted(by accepted: [DoctorFinding]) -> Bool {
    accepted.contains { isSame(as: $0) && $0.severity >= severity }
  }
}

public struct DoctorReport: Sendable, Hashable, Codable {
  public var findings: [DoctorFinding]
  /// What the program wrote, for the evidence digest.
  public var raw: [UInt8]
  /// What was odd about the answer, though it counts: noise around it, a program that did not exit.
  public var note: String?

  public init(findings: [DoctorFinding], raw: [UInt8], note: String? = nil) {
    self.findings = findings
    self.raw = raw
    self.note = note
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
