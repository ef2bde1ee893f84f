import SluiceCore
import SluiceJSON

/// The content of one line of `promotions.jsonl`. Sluice writes version 2 and also reads version 1,
/// which has no `tenants` and no digest of its own. The runbook's keys are at the top level, so
/// that `grep` and `jq` find them; `detail` contains the fields of the line's kind.
public struct LedgerEntry: Sendable, Hashable, Codable {
  public static let version = 2
  /// The versions that can be read.
  public static let versions = 1...version
  /// The first version whose lines have a `line_sha256`.
  static let firstDigestVersion = 2
  /// The maximum of bytes in a line, without its line feed (entry bundles count in 16 bits).
  public static let maximumBytes = 65_535

  /// The account that wrote the line, `openclaw (501)`; nil in lines of version 0.1.
  public var account: String?
  /// The name that the operator typed, which is not verified; `sluice` if no person asked.
  public var actor: String
  public var boot: String
  public var detail: JSONValue
  public var epoch: Epoch
  /// The tag of the release before.
  public var from: String
  public var kind: LedgerKind
  public var monotonicMilliseconds: Int64
  /// The index of the line, from 0.
  public var n: Int64
  /// The operation's id; empty for lines that are no order.
  public var operation: String
  /// The hex leaf hash of the line before; 64 zeros for the first.
  public var previous: String
  public var probeDigest: String
  public var promotion: String
  /// The index of the ramp's step; -1 outside the ramp.
  public var step: Int
  /// Tenants pinned to the canary, sorted; nil in lines of version 1.
  public var tenants: [String]?
  public var ticket: String
  public var to: String
  /// RFC 3339 UTC with milliseconds.
  public var timestamp: String
  public var v: Int
  /// For each host its basis points of new sessions. They sum to 10,000, or are empty before the
  /// first reading.
  public var weights: [String: Int]

  enum CodingKeys: String, CodingKey {
    case account, actor, boot, detail, epoch, from, kind, n, promotion, step, tenants, ticket,
      to, v, weights
    case monotonicMilliseconds = "mono_ms"
    case operation = "op"
    case previous = "prev"
    case probeDigest = "probe_sha256"
    case timestamp = "ts"
  }
}

/// A line before it is written: everything but its place in the chain.
public struct LedgerDraft: Sendable, Hashable {
  /// Set by the code that writes the ledger.
  public var account: String?
  public var actor: String
  public var detail: JSONValue
  public var epoch: Epoch
  public var from: String
  public var kind: LedgerKind
  public var moment: Moment
  public var operation: String
  public var probeDigest: String
  public var promotion: String
  public var step: Int
  public var tenants: [String]
  public var ticket: String
  public var to: String
  public var weights: [String: Int]

  public init(
    actor: String, detail: JSONValue, epoch: Epoch, from: String, kind: LedgerKind, moment: Moment,
    operation: String, probeDigest: String, promotion: String, step: Int, ticket: String,
    to: String, weights: [String: Int], tenants: [String] = []
  ) {
    self.actor = actor
    self.detail = detail
    self.epoch = epoch
    self.from = from
    self.kind = kind
    self.moment = moment
    self.operation = operation
    self.probeDigest = probeDigest
    self.promotion = promotion
    self.step = step
    self.tenants = tenants
    self.ticket = ticket
    self.to = to
    self.weights = weights
  }
}
