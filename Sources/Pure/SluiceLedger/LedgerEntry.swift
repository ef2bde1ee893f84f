import SluiceCore
import SluiceJSON

/// What one line of `promotions.jsonl` says. Version 2 is written; version 1, which has no `tenants` and
/// no digest of its own, is read as well. The runbook's keys stand at the top, so that `grep` and `jq`
/// find them; `detail` holds what belongs to the line's kind.
public struct LedgerEntry: Sendable, Hashable, Codable {
  public static let version = 2
  /// Those that are read.
  public static let versions = 1...version
  /// From this version on each line has a `line_sha256`.
  static let firstDigestVersion = 2
  /// Bytes of a line, at most, without its line feed (entry bundles count in 16 bits).
  public static let maximumBytes = 65_535

  /// The account that wrote the line, `openclaw (501)`; nil in lines of version 0.1.
  public var account: String?
  /// Who did it: a person, or `sluice` where nobody was asked. What was typed, which nobody proves.
  public var actor: String
  public var boot: String
  public var detail: JSONValue
  public var epoch: Epoch
  /// The release before, its tag.
  public var from: String
  public var kind: LedgerKind
  public var monotonicMilliseconds: Int64
  /// Index of the line, from 0.
  public var n: Int64
  /// Idempotency id, empty for lines that are no command.
  public var operation: String
  /// Hex leaf hash of the line before, 64 zeros for the first.
  public var previous: String
  public var probeDigest: String
  public var promotion: String
  /// Index of the ramp's step, -1 outside the ramp.
  public var step: Int
  /// Pinned to the canary beside the weights, sorted; nil in lines of version 1.
  public var tenants: [String]?
  public var ticket: String
  public var to: String
  /// RFC 3339 UTC with milliseconds.
  public var timestamp: String
  public var v: Int
  /// Host → basis points of new sessions; sums to 10,000, or empty before they were read.
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

/// A line before it is written: all but its place in the chain.
public struct LedgerDraft: Sendable, Hashable {
  /// Filled in by whoever writes the ledger.
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
