/// A skill that the running process has loaded.
public struct LoadedSkill: Sendable, Hashable, Codable {
  public var name: String
  public var description: String
  public var source: String
  public var filePath: String
  public var isEligible: Bool

  /// The source of skills from `skills.load.extraDirs`, where the slice is.
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

/// A skill of the pack on disk, which the running process must have loaded.
public struct PackSkill: Sendable, Hashable, Codable {
  /// The skill's folder below the slice.
  public var folder: String
  /// The name in the skill's front matter; nil if it cannot be read.
  public var name: String?
  /// Why OpenClaw will not load the skill, with the remedy; nil: no fault is known.
  public var fault: String?

  public init(folder: String, name: String?, fault: String?) {
    self.folder = folder
    self.name = name
    self.fault = fault
  }
}

/// The answer of OpenClaw's own probes. Sluice never relies on a status code alone.
public enum GatewayReadiness: Sendable, Hashable, Codable {
  /// Nothing answers.
  case down(String)
  case starting(String)
  case draining
  /// Started; `failing` are the components that `/readyz` names; empty if ready.
  case started(failing: [String])
  /// Another program than OpenClaw answered.
  case unintelligible(String)

  public var isReady: Bool { self == .started(failing: []) }

  /// Whether the gateway serves. Components in `known` may keep failing: they failed before and
  /// were accepted.
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

  /// Whether both are the same finding, however worded: messages contain figures that vary.
  public func isSame(as other: DoctorFinding) -> Bool {
    check == other.check && requirement == other.requirement && path == other.path
      && target == other.target
  }

  private static let componentCheck = "gateway/readyz"

  /// The finding for a component that `/readyz` names as failing; a person can accept it.
  public init(failingComponent name: String) {
    self.init(
      check: Self.componentCheck, severity: .error, requirement: nil, path: nil, target: name,
      message: "/readyz names \(name) as failing")
  }

  /// The component that this finding is about, if any.
  public var component: String? { check == Self.componentCheck ? target : nil }

  /// Whether a person accepted this finding with at least this severity.
  public func isAccepted(by accepted: [DoctorFinding]) -> Bool {
    accepted.contains { isSame(as: $0) && $0.severity >= severity }
  }
}

public struct DoctorReport: Sendable, Hashable, Codable {
  public var findings: [DoctorFinding]
  /// The program's raw output, for the evidence digest.
  public var raw: [UInt8]
  /// A remark on an odd but valid answer: extra output around it, or a program that did not exit.
  public var note: String?

  public init(findings: [DoctorFinding], raw: [UInt8], note: String? = nil) {
    self.findings = findings
    self.raw = raw
    self.note = note
  }

  /// Warnings and errors.
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
