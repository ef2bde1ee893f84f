extension ReleaseLock.OpenClaw {
  /// The pins of a platform; of a lock without platforms, the pins of all.
  public func daemon(on platform: String?) -> Digest? {
    guard let platform, self.platform != nil, platform != self.platform else { return daemon }
    return daemons?[platform]
  }

  /// The platforms that a lock pins a build for; nil where it names none.
  public var platformsPinned: [String]? {
    guard daemon != nil, let platform else { return nil }
    return ([platform] + (daemons ?? [:]).keys.filter { $0 != platform }).sorted()
  }

  /// The same build, read on another kind of machine than the one that pinned it first: both are
  /// pinned. Any other build is pinned alone.
  public func joining(_ pinned: ReleaseLock.OpenClaw?) -> ReleaseLock.OpenClaw {
    guard let pinned, let first = pinned.platform, let platform, let daemon,
      pinned.version == version, pinned.build == build, pinned.cli == cli,
      pinned.schemas == schemas
    else { return self }
    var joined = pinned
    if platform != first {
      joined.daemons = (pinned.daemons ?? [:]).merging([platform: daemon]) { _, new in new }
    } else if pinned.daemon != daemon {
      return self
    }
    return joined
  }
}
