/// A git tag and its `openclaw.lock`.
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
    /// The build's own name, which the running process also reports:
    /// `2026.9.6-release-eb377ac59e6c-…`.
    public var build: String?
    /// The digest of everything that the gateway can load, on `platform`.
    public var daemon: Digest?
    /// System and processor as Node names them, `darwin-arm64`: npm installs other native packages on
    /// each. Nil in a lock of an earlier version: then `daemon` holds for every host.
    public var platform: String?
    /// The same as `daemon`, on further platforms.
    public var daemons: [String: Digest]?
    /// The digest of the program that starts the gateway.
    public var cli: Digest?
    /// Versions of the state's databases, by name.
    public var schemas: [String: Int]?
    /// The range of Node.js versions in the build's package: `>=24.16.0 <25 || >=26.1.0`.
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

/// The content of the skill `sluice-release` in a slice. The running gateway reports the marker and
/// so proves which slice it loaded.
public struct Marker: Sendable, Hashable, Codable, CustomStringConvertible {
  public static let skillName = "sluice-release"

  public var version: String
  public var tree: Digest

  public init(version: String, tree: Digest) {
    self.version = version
    self.tree = tree
  }

  /// The only form of a marker, in the skill's description.
  public var description: String { "sluice release \(version) tree \(tree.text)" }

  /// Nil unless the text has exactly the form of `description`.
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
