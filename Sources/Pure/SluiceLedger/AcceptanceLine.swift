import SluiceCore
import SluiceJSON

/// The line of a person's acceptance of Doctor's findings. The line belongs to no promotion: a
/// replay uses only its epoch.
public struct AcceptanceLine: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    /// The host shall accept the findings.
    case intended
    /// The host shows that it accepted them.
    case accepted

    init?(_ kind: LedgerKind) {
      switch kind {
      case .acceptanceIntended: self = .intended
      case .findingsAccepted: self = .accepted
      default: return nil
      }
    }

    var ledgerKind: LedgerKind {
      switch self {
      case .intended: .acceptanceIntended
      case .accepted: .findingsAccepted
      }
    }
  }

  public var kind: Kind
  public var host: HostName
  public var findings: [DoctorFinding]
  public var operation: OperationID
  public var epoch: Epoch
  public var moment: Moment
  public var actor: String
  public var reason: String

  public init(
    _ kind: Kind, _ host: HostName, _ findings: [DoctorFinding], operation: OperationID,
    epoch: Epoch, at moment: Moment, actor: String, reason: String
  ) {
    self.kind = kind
    self.host = host
    self.findings = findings
    self.operation = operation
    self.epoch = epoch
    self.moment = moment
    self.actor = actor
    self.reason = reason
  }

  /// The maximum of characters kept of a finding's message.
  private static let messageLimit = 200

  public var draft: LedgerDraft {
    LedgerDraft(
      actor: actor,
      detail: [
        "host": .string(host.rawValue), "reason": .string(reason),
        "findings": .array(findings.map(Self.value)),
      ],
      epoch: epoch, from: "", kind: kind.ledgerKind, moment: moment, operation: operation.rawValue,
      probeDigest: "", promotion: "", step: -1, ticket: "", to: "", weights: [:])
  }

  private static func value(_ finding: DoctorFinding) -> JSONValue {
    [
      "check": .string(finding.check), "severity": .string(finding.severity.rawValue),
      "path": finding.path.map { .string($0) } ?? .null,
      "target": finding.target.map { .string($0) } ?? .null,
      "requirement": finding.requirement.map { .string($0) } ?? .null,
      "message": .string(String(finding.message.prefix(messageLimit))),
    ]
  }

  /// Nil for a line of another kind.
  public init?(_ entry: LedgerEntry) {
    guard let kind = Kind(entry.kind), let moment = entry.moment,
      let host = entry.detail["host"]?.text.flatMap(HostName.init(rawValue:)),
      let reason = entry.detail["reason"]?.text, let list = entry.detail["findings"],
      let findings = try? CanonicalJSON.decode([DoctorFinding].self, from: list)
    else { return nil }
    self.init(
      kind, host, findings, operation: OperationID(rawValue: entry.operation), epoch: entry.epoch,
      at: moment, actor: entry.actor, reason: reason)
  }
}
