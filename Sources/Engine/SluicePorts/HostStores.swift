import SluiceCore

/// The slices and their links on this host.
public protocol SliceStore: Sendable {
  func slices() async throws(PortError) -> [HostSurvey.Slice]
  func links() async throws(PortError) -> Links
  /// Hashes what stands on disk, marker checked; `.refused` names the first fault.
  func digest(of version: String) async throws(PortError) -> Digest
  /// Staging → hash → marker → read-only → one rename. True when it was not there before. A tree
  /// that does not hash to the marker's digest is removed and refused, naming the first file that
  /// differs where the lock's manifest can tell.
  func place(from tree: String, marker: Marker, token: String) async throws(PortError) -> Bool
  /// The same for a slice that was there before: one that is damaged is kept aside under a name that
  /// says so. Returns where, or nil when nothing of it was left. The new one is proven first.
  func placeAgain(from tree: String, marker: Marker, token: String) async throws(PortError)
    -> String?
  /// New link renamed over the old one; nothing to do when it names the version already.
  func swing(_ link: SliceLink, to version: String, token: String) async throws(PortError)
}

public enum SliceLink: String, Sendable, Hashable, Codable { case current, next }

/// OpenClaw's builds on this host, each a directory that an installer filled, and the link `current`
/// beside them. Sluice reads, compares and links them; it never writes into one.
public protocol BuildStore: Sendable {
  func builds() async throws(PortError) -> [BuildSurvey.Build]
  /// The build that the link names; nil when it is missing or dangles.
  func current() async throws(PortError) -> String?
  /// Version, digests and schemas of a build as it stands on disk; `.refused` names the first fault.
  func read(_ version: String) async throws(PortError) -> ReleaseLock.OpenClaw
  /// New link renamed over the old one; nothing to do when it names the version already.
  func swing(to version: String, token: String) async throws(PortError)
}

/// OpenClaw's state and configuration on this host: copied whole and put back whole, while the gateway
/// is stopped, and never removed. The configuration goes with the state wherever it lies.
public protocol StateStore: Sendable {
  /// - Parameter running: the directory that the running gateway says it works on, if it does.
  func survey(running: String?) async throws(PortError) -> BuildSurvey.State
  /// A durable copy beside the state, complete or not there at all; the same token makes the same
  /// one. One that stands already is kept, unless the state has changed since: then another is made.
  ///
  /// - Parameter extent: of a copy of the configuration alone the report names the file.
  func copy(token: OperationID, extent: StateExtent) async throws(PortError) -> StateReport
  /// From here on a build may start that migrates the state: `.failed` unless the copy stands that
  /// this operation made.
  func use(of operation: OperationID) async throws(PortError) -> StateReport
  /// Whether the state still is what came after that operation's copy was used: it can be put back.
  func isOutstanding(_ operation: OperationID) async throws(PortError) -> Bool
  /// Why the copies that were used last could not be put back now: gone, or altered. Nil when they
  /// could, or when none is outstanding. Reads no large file.
  func faultOfCopies() async throws(PortError) -> String?
  /// Puts the copy that `operation` made in place of the state, which is kept aside. Nil when none
  /// was made and used; what was put back already is not touched again.
  func putBack(of operation: OperationID, token: OperationID) async throws(PortError)
    -> StateReport?
}

public enum StateExtent: String, Sendable, Hashable, Codable {
  /// The state directory, and the configuration where it lies outside.
  case whole
  /// The configuration alone: the builds have the same schemas.
  case configuration
}

/// A tag as a checkout has it.
public struct TagLook: Sendable, Hashable {
  /// Nil when the tag is not there, or names no commit.
  public var commit: String?
  /// Where it would be fetched from; nil when there is no remote.
  public var remote: String?
  /// Nil where no signature is asked for.
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
  /// Fetches a tag and reads the release in it; the tag must name `commit` when one is given. Where
  /// signatures are asked for, `.refused` for a tag that no allowed signer signed; one that was fetched
  /// for nothing is not kept.
  ///
  /// - Parameter isKnown: the host ran the release before, and nobody's signature is asked for it again:
  ///   a way back does not end with somebody's key.
  func fetch(tag: String, commit: String?, isKnown: Bool) async throws(PortError) -> Release
  /// Whether tags have to be signed here.
  var asksForSignatures: Bool { get }
  /// Who may sign; empty where no signature is asked for. `.refused` where the files that say so are not
  /// in order.
  func signers() async throws(PortError) -> [String]
  /// The principal that signed a release's tag, as it is in the checkout; nil where no signature is asked
  /// for. `.refused` says who signed, where that is known, and what to do.
  func signer(of release: Release) async throws(PortError) -> String?
  /// What a tag names in the checkout now, without the network.
  func look(atTag tag: String) async throws(PortError) -> TagLook
  /// Why the release's slice could not be placed from here without the network: its commit is gone, or
  /// its tag is or names another one. Nil when it could.
  func fault(of release: Release) async throws(PortError) -> String?
  /// Writes the release's skill tree to a new directory, without touching the checkout.
  func export(_ release: Release, to directory: String) async throws(PortError)
  /// Checks out the release's commit; refuses when the tree is dirty, naming what differs.
  func checkOut(_ release: Release) async throws(PortError)
}

extension InfraCheckout {
  public func fetch(tag: String, commit: String?) async throws(PortError) -> Release {
    try await fetch(tag: tag, commit: commit, isKnown: false)
  }
}

/// The tenants' fragments on this host.
public protocol FragmentStore: Sendable {
  /// By tenant, over the fragments of all kinds.
  func digests() async throws(PortError) -> [String: Digest]
  /// Every fault with file, line and remedy; empty when all is well.
  func faults() async throws(PortError) -> [String]
}
