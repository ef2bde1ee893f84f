/// The conditions of a rollback to the release before, as the agent found them on its host. A nil
/// part is in order or not needed.
public struct RollbackBasis: Sendable, Hashable, Codable {
  public var tag: String
  /// The version of the skills.
  public var version: String
  /// Why the slice cannot serve as it is.
  public var slice: String?
  /// Why the slice could not be placed again: the checkout lacks the tag or its commit.
  public var checkout: String?
  /// Why the other build cannot serve: its directory is missing or differs from its lock.
  public var build: String?
  /// Why the copy of state or configuration that the other build needs is unusable: gone or
  /// altered.
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

  /// Whether a rollback would fail on this host. A faulty slice alone does not break it: a swing
  /// places the slice again from the checkout.
  public var isBroken: Bool { build != nil || copy != nil || (slice != nil && checkout != nil) }

  /// One line with the fault and its remedy; nil if all is in order.
  ///
  /// - Parameter infra: the checkout on that host.
  public func sentence(on host: HostName, infra: String) -> String? {
    if let copy {
      return "\(host) cannot go back to \(tag): \(copy). Put it back from a backup."
    }
    if let build { return "\(host) cannot go back to \(tag): \(build)" }
    // Forty digits are a commit, whose tag is unknown.
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
