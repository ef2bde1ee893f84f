import SluiceCore

/// A store whose items `sluice gc` may discard.
public protocol ItemStore: Sendable {
  /// Every item, with the reasons for which this store needs it.
  func items() async throws(PortError) -> [StoredItem]
  /// Removes an item. `.refused` if the store needs the item, or the name is none of its items'.
  /// An interrupted removal leaves nothing that could be taken for the item.
  func remove(_ item: StoredItem.ID) async throws(PortError)
}

/// The slices and their links on this host.
public protocol SliceStore: ItemStore {
  func slices() async throws(PortError) -> [HostSurvey.Slice]
  func links() async throws(PortError) -> Links
  /// Hashes the slice on disk and checks its marker; `.refused` names the first fault.
  func digest(of version: String) async throws(PortError) -> Digest
  /// Staging → hash → marker → read-only → one rename. True if the slice was not there before. A
  /// slice that was placed by hand and hashes to the marker's digest gets its marker. A
  /// tree whose hash differs from the marker's digest is removed and refused; the error names the
  /// first differing file if the lock's manifest has it.
  func place(from tree: String, marker: Marker, token: String) async throws(PortError) -> Bool
  /// Replaces a missing or damaged slice. The new slice is proven first; the damaged one is then
  /// kept aside under a telling name. Returns its path, or nil if none was left.
  func placeAgain(from tree: String, marker: Marker, token: String) async throws(PortError)
    -> String?
  /// Renames a new link over the old one; does nothing if the link already names the version.
  func swing(_ link: SliceLink, to version: String, token: String) async throws(PortError)
}

public enum SliceLink: String, Sendable, Hashable, Codable { case current, next }

/// OpenClaw's builds on this host, each a directory filled by an installer, and the link `current`
/// beside them. Sluice reads, compares and links builds and never writes into one; `sluice gc` removes
/// old ones.
public protocol BuildStore: ItemStore {
  func builds() async throws(PortError) -> [BuildSurvey.Build]
  /// The build that the link names; nil if the link is missing or dangles.
  func current() async throws(PortError) -> String?
  /// Version, digests and schemas of a build on disk; `.refused` names the first fault.
  func read(_ version: String) async throws(PortError) -> ReleaseLock.OpenClaw
  /// Renames a new link over the old one; does nothing if the link already names the version.
  func swing(to version: String, token: String) async throws(PortError)
}

/// OpenClaw's state and configuration on this host. They are copied and put back as a whole while
/// the gateway is stopped; only `sluice gc` removes a copy. The configuration belongs to the state,
/// wherever it is.
public protocol StateStore: ItemStore {
  /// - Parameter running: the state directory that the running gateway reports, if any.
  func survey(running: String?) async throws(PortError) -> BuildSurvey.State
  /// Makes a durable copy beside the state, complete or not at all; the same token makes the same
  /// copy. An existing copy is kept unless the state has changed since; then another copy is made.
  ///
  /// - Parameter extent: for a copy of only the configuration, the report names the file.
  func copy(token: OperationID, extent: StateExtent) async throws(PortError) -> StateReport
  /// Marks the copy as used: from here on a build that migrates the state may start. Throws
  /// `.failed` unless this operation's copy exists.
  func use(of operation: OperationID) async throws(PortError) -> StateReport
  /// Whether the state still descends from that operation's copy, so that the copy can be put back.
  func isOutstanding(_ operation: OperationID) async throws(PortError) -> Bool
  /// Why the last used copies cannot be put back now: gone or altered. Nil if they can be put back,
  /// or if none is outstanding. Reads no large file.
  func faultOfCopies() async throws(PortError) -> String?
  /// Puts the copy of `operation` in place of the state, which is kept aside. Nil if no copy was
  /// made and used. A copy that was put back already is not touched again.
  func putBack(of operation: OperationID, token: OperationID) async throws(PortError)
    -> StateReport?
}

public enum StateExtent: String, Sendable, Hashable, Codable {
  /// The state directory, and the configuration if it is outside.
  case whole
  /// Only the configuration, because the builds have the same schemas.
  case configuration
}

/// A tag in a checkout.
public struct TagLook: Sendable, Hashable {
  /// Nil if the tag is missing or names no commit.
  public var commit: String?
  /// The remote that the tag would come from; nil without a remote.
  public var remote: String?
  /// Nil if no signature is required.
  public var signature: PlacingSurvey.Signature?

  public init(commit: String?, remote: String?, signature: PlacingSurvey.Signature? = nil) {
    self.commit = commit
    self.remote = remote
    self.signature = signature
  }
}

/// The infra checkout on a host.
public protocol InfraCheckout: Sendable {
  func state() async throws(PortError) -> HostSurvey.Infra
  /// Fetches a tag and reads its release; the tag must name `commit` if one is given. If signatures
  /// are required, throws `.refused` for a tag that no allowed signer signed, and removes a tag
  /// that was fetched in vain.
  ///
  /// - Parameter isKnown: whether the host ran the release before. A known release needs no
  ///   signature, so that a rollback does not depend on the validity of a key.
  func fetch(tag: String, commit: String?, isKnown: Bool) async throws(PortError) -> Release
  /// Whether this host requires signed tags.
  var asksForSignatures: Bool { get }
  /// The allowed signers; empty if no signature is required. Throws `.refused` if the signers'
  /// files are invalid.
  func signers() async throws(PortError) -> [String]
  /// The principal that signed a release's tag in the checkout; nil if no signature is required.
  /// `.refused` names the signer, if known, and the remedy.
  func signer(of release: Release) async throws(PortError) -> String?
  /// The commit of a tag in the checkout now, without the network.
  func look(atTag tag: String) async throws(PortError) -> TagLook
  /// Why the release's slice could not be placed without the network: its commit is missing, or its
  /// tag is missing or names another commit. Nil if it could.
  func fault(of release: Release) async throws(PortError) -> String?
  /// Writes the release's skill tree to a new directory, without touching the checkout.
  func export(_ release: Release, to directory: String) async throws(PortError)
  /// Checks out the release's commit; refuses a dirty tree and names the differences.
  func checkOut(_ release: Release) async throws(PortError)
}

extension InfraCheckout {
  public func fetch(tag: String, commit: String?) async throws(PortError) -> Release {
    try await fetch(tag: tag, commit: commit, isKnown: false)
  }
}

/// The tenants' fragments on this host.
public protocol FragmentStore: Sendable {
  /// Every fragment's digest, and every fault with file, line and remedy.
  func survey() async throws(PortError) -> FragmentSurvey
}
