import SluiceCore
import SluiceJSON

/// The line of a build that is tried on a copy of a host's state. The line belongs to no promotion:
/// a replay uses only its epoch.
public struct TrialLine: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case intended
    /// The host's report; the copy is gone.
    case tried(TrialReport)
  }

  public var kind: Kind
  public var host: HostName
  public var version: String
  public var operation: OperationID
  public var epoch: Epoch
  public var moment: Moment
  public var actor: String

  public init(
    _ kind: Kind, on host: HostName, _ version: String, operation: OperationID, epoch: Epoch,
    at moment: Moment, actor: String
  ) {
    self.kind = kind
    self.host = host
    self.version = version
    self.operation = operation
    self.epoch = epoch
    self.moment = moment
    self.actor = actor
  }

  /// Throws only for a report that cannot be encoded.
  public func draft() throws -> LedgerDraft {
    var detail: [String: JSONValue] = [
      "host": .string(host.rawValue), "version": .string(Speech.text(version)),
    ]
    var kind = LedgerKind.trialIntended
    if case .tried(let report) = self.kind {
      kind = .buildTried
      detail["report"] = try CanonicalJSON.encode(report)
    }
    return LedgerDraft(
      actor: actor, detail: .object(detail), epoch: epoch, from: "", kind: kind, moment: moment,
      operation: operation.rawValue, probeDigest: "", promotion: "", step: -1, ticket: "", to: "",
      weights: [:])
  }
}
