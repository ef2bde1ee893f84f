/// A git tag and what the `openclaw.lock` in it pins.
public struct Release: Sendable, Hashable, Codable {
  public var tag: String
  /// The commit that the tag names, 40 hex digits.
  public var commit: String
  /// The digest of the lock file's bytes.
  public var lockDigest: Digest
  public var lock: ReleaseLock

  public init(tag: String, commit: String, lockDigest: Digest, lock: ReleaseLock) {
    self.tag = tag
    self.commit = commit
    self.lockDigest = lockDigest
    self.lock = lock
  }

  public var marker: Marker {
    Marker(version: lock.skills.version, tree: lock.skills.tree)
  }
}

/// `openclaw.lock`, schema `sluice.lock/1`.
public struct ReleaseLock: Sendable, Hashable, Codable {
  public struct OpenClaw: Sendable, Hashable, Codable {
    public var version: String
    /// As the build names itself, and the running process too: `2026.9.6-release-eb377ac59e6c-…`.
    public var build: String?
    /// Of everything that the gateway can load, on `platform`.
    public var daemon: Digest?
    /// System and processor as Node names them, `darwin-arm64`: npm installs other native packages on
    /// each. Of a lock that was written before there was this key: nil, and `daemon` is every host's.
    public var platform: String?
    /// The same as `daemon`, on further platforms.
    public var daemons: [String: Digest]?
    /// Of the program that starts it.
    public var cli: Digest?
    /// Versions of the state's databases, by name.
    public var schemas: [String: Int]?
    /// Which versions of Node it runs on, as its package says: `>=24.16.0 <25 || >=26.1.0`.
    public var node: String?

    public init(
      version: String, daemon: Digest?, cli: Digest?, schemas: [String: Int]?, build: String? = nil,
      node: String? = nil, platform: String? = nil, daemons: [String: Digest]? = nil
    ) {
      self.version = version
      self.build = build
      self.node = node
      self.daemon = daemon
      self.platform = platform
      self.daemons = daemons
      self.cli = cli
      self.schemas = schemas
    }
  }
  public struct Skills: Sendable, Hashable, Codable {
    public var version: String
    public var tree: Digest

    public init(version: String, tree: Digest) {
      self.version = version
      self.tree = tree
    }
  }
  public struct Probe: Sendable, Hashable, Codable {
    public var schema: String

    public init(schema: String) { self.schema = schema }
  }

  public static let schemaName = "sluice.lock/1"

  public var schema: String
  public var openclaw: OpenClaw
  public var skills: Skills
  public var tenants: [String: Digest]
  public var probe: Probe

  public init(openclaw: OpenClaw, skills: Skills, tenants: [String: Digest]) {
    schema = Self.schemaName
    self.openclaw = openclaw
    self.skills = skills
    self.tenants = tenants
    probe = Probe(schema: "sluice.probe/1")
  }
}

/// What the skill `sluice-release` says of the slice it lies in. The running gateway reports it, and
/// so proves what it has loaded.
public struct Marker: Sendable, Hashable, Codable, CustomStringConvertible {
  public static let skillName = "sluice-release"

  public var version: String
  public var tree: Digest

  public init(version: String, tree: Digest) {
    self.version = version
    self.tree = tree
  }

  /// The one form that a marker is written in, as the skill's description.
  public var description: String { "sluice release \(version) tree \(tree.text)" }

  /// Nil unless the text is exactly what `description` writes.
  public init?(description: String) {
    let words = description.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, words[0] == "sluice", words[1] == "release", words[3] == "tree",
      !words[2].isEmpty, let tree = Digest(String(words[4]))
    else { return nil }
    self.init(version: String(words[2]), tree: tree)
  }

  /// The bytes of the marker's SKILL.md.
  public var skillFile: String {
    """
    ---
    name: \(Self.skillName)
    description: \(description)
    user-invocable: false
    disable-model-invocation: true
    ---
    Written by Sluice when it placed this slice. Not for the model, not for users.

    """
  }
}
