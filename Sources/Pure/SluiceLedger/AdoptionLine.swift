import SluiceCore
import SluiceJSON

/// A line of a fleet's adoption. The line belongs to no promotion: a replay uses only its epoch.
public struct AdoptionLine: Sendable, Hashable {
  public enum Content: Sendable, Hashable {
    /// The host shall place the release's slice, without a link.
    case intended(HostName, OperationID)
    /// The host shows the slice, with its marker and the lock's tree.
    case placed(HostName, OperationID)
    /// The good state was archived. The digest is that of `last_good.json`.
    case adopted([HostName], archive: Digest)
  }

  public var content: Content
  public var release: Release
  public var epoch: Epoch
  public var moment: Moment
  public var actor: String
  public var reason: String

  public init(
    _ content: Content, of release: Release, epoch: Epoch, at moment: Moment, actor: String,
    reason: String
  ) {
    self.content = content
    self.release = release
    self.epoch = epoch
    self.moment = moment
    self.actor = actor
    self.reason = reason
  }

  public var draft: LedgerDraft {
    var detail: [String: JSONValue] = [
      "release": .string(release.tag), "commit": .string(release.commit),
      "lock_sha256": .string(release.lockDigest.text), "reason": .string(reason),
    ]
    let kind: LedgerKind
    var id = ""
    switch content {
    case .intended(let host, let operation), .placed(let host, let operation):
      if case .intended = content { kind = .adoptionIntended } else { kind = .slicePlaced }
      id = operation.rawValue
      detail["host"] = .string(host.rawValue)
      detail["tree"] = .string(release.lock.skills.tree.text)
    case .adopted(let hosts, let archive):
      kind = .adopted
      detail["hosts"] = .array(hosts.sorted().map { .string($0.rawValue) })
      detail["snapshot_sha256"] = .string(archive.text)
    }
    return LedgerDraft(
      actor: actor, detail: .object(detail), epoch: epoch, from: "", kind: kind, moment: moment,
      operation: id, probeDigest: "", promotion: "", step: -1, ticket: "", to: release.tag,
      weights: [:])
  }
}

/// What the ledger says of a fleet that was adopted: as which release, by whom, when and why.
public struct AdoptionRecord: Sendable, Hashable {
  public let release: String
  public let actor: String
  /// RFC 3339.
  public let since: String
  public let reason: String
  /// The digest of `last_good.json` as it was archived; nil in a line that lacks it.
  public let archive: Digest?

  /// Nil for a line of another kind.
  /// Nil where the lines have no adoption.
  public init?(lastOf entries: [LedgerEntry]) {
    guard let entry = entries.last(where: { $0.kind == .adopted }) else { return nil }
    self.init(entry)
  }

  public init?(_ entry: LedgerEntry) {
    guard entry.kind == .adopted else { return nil }
    release = entry.to
    actor = entry.actor
    since = entry.timestamp
    reason = entry.detail["reason"]?.text ?? ""
    archive = entry.detail["snapshot_sha256"]?.text.flatMap { Digest($0) }
  }
}
