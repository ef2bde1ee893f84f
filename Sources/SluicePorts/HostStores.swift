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
  /// New link renamed over the old one; nothing to do when it names the version already.
  func swing(_ link: SliceLink, to version: String, token: String) async throws(PortError)
}

public enum SliceLink: String, Sendable, Hashable, Codable { case current, next }

/// The infra checkout on a host.
public protocol InfraCheckout: Sendable {
  func state() async throws(PortError) -> HostSurvey.Infra
  /// Fetches a tag and reads the release in it; the tag must name `commit` when one is given.
  func fetch(tag: String, commit: String?) async throws(PortError) -> Release
  /// Writes the release's skill tree to a new directory, without touching the checkout.
  func export(_ release: Release, to directory: String) async throws(PortError)
  /// Checks out the release's commit; refuses when the tree is dirty, naming what differs.
  func checkOut(_ release: Release) async throws(PortError)
}

/// The tenants' fragments on this host.
public protocol FragmentStore: Sendable {
  /// By tenant, over the fragments of all kinds.
  func digests() async throws(PortError) -> [String: Digest]
  /// Every fault with file, line and remedy; empty when all is well.
  func faults() async throws(PortError) -> [String]
}
