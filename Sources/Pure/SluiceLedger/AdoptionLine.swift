import SluiceCore
import SluiceJSON

/// The line of a fleet's adoption: the good state that was archived, by its digest. The line belongs
/// to no promotion: a replay uses only its epoch.
public struct AdoptionLine: Sendable, Hashable {
  public var snapshot: Snapshot
  public var epoch: Epoch
  public var moment: Moment
  public var actor: String
  public var reason: String

  public init(_ snapshot: Snapshot, epoch: Epoch, at moment: Moment, actor: String, reason: String)
  {
    self.snapshot = snapshot
    self.epoch = epoch
    self.moment = moment
    self.actor = actor
    self.reason = reason
  }

  /// Throws only for a snapshot that cannot be encoded.
  public func draft() throws -> LedgerDraft {
    let release = snapshot.release
    return LedgerDraft(
      actor: actor,
      detail: [
        "release": .string(release.tag), "commit": .string(release.commit),
        "lock_sha256": .string(release.lockDigest.text),
        "snapshot_sha256": .string(Digest(of: try CanonicalJSON.bytes(snapshot)).text),
        "hosts": .array(snapshot.hosts.keys.sorted().map { .string($0.rawValue) }),
        "reason": .string(reason),
      ],
      epoch: epoch, from: "", kind: .adopted, moment: moment, operation: "", probeDigest: "",
      promotion: "", step: -1, ticket: "", to: release.tag, weights: [:])
  }
}
