/// What the way back to the release before rests on, as the agent found it on its host. Nil parts are in
/// order, or are not needed.
public struct WayBack: Sendable, Hashable, Codable {
  public var tag: String
  /// Of the skills.
  public var version: String
  /// Why the slice cannot serve as it stands.
  public var slice: String?
  /// Why the slice could not be placed again: the tag or its commit is gone from the checkout.
  public var checkout: String?
  /// The other build: its directory is missing, or is not as its lock pins it.
  public var build: String?
  /// The copy of state or configuration that the other build needs is gone or was altered.
  public var copy: String?

  public init(
    tag: String, version: String, slice: String? = nil, checkout: String? = nil,
    build: String? = nil, copy: String? = nil
  ) {
    self.tag = tag
    self.version = version
    self.slice = slice
    self.checkout = checkout
    self.build = build
    self.copy = copy
  }

  /// Whether a rollback would fail on this host. A slice alone is no reason: a swing places it again
  /// from the checkout.
  public var isBroken: Bool { build != nil || copy != nil || (slice != nil && checkout != nil) }

  /// One line with what is wrong and what to do about that; nil when all is in order.
  ///
  /// - Parameter infra: the checkout on that host.
  public func sentence(on host: HostName, infra: String) -> String? {
    if let copy {
      return "\(host) cannot go back to \(tag): \(copy). Put it back from a backup."
    }
    if let build { return "\(host) cannot go back to \(tag): \(build)" }
    // Forty digits are a commit: nobody knows its tag.
    let wanted = tag.utf8.count == 40 ? tag : "tag \(tag)"
    let bring = "Bring it:  git -C \(infra) fetch origin \(wanted)"
    switch (slice, checkout) {
    case (let slice?, let checkout?):
      return "\(host) cannot go back to \(tag): \(slice), and \(checkout). \(bring)"
    case (let slice?, nil):
      return "\(host): \(slice). A rollback places slice \(version) again from \(tag)."
    case (nil, let checkout?):
      return "\(host): \(checkout), so slice \(version) could not be placed again. \(bring)"
    case (nil, nil): return nil
    }
  }
}
