/// A host's state as its agent sees it.
public struct HostSurvey: Sendable, Hashable, Codable {
  public struct Infra: Sendable, Hashable, Codable {
    /// The commit that is checked out; nil without a checkout.
    public var commit: String?
    public var lockDigest: Digest?
    public var lock: ReleaseLock?
    /// Paths that differ from the commit, at most ten.
    public var dirty: [String]

    public init(commit: String?, lockDigest: Digest?, lock: ReleaseLock?, dirty: [String]) {
      self.commit = commit
      self.lockDigest = lockDigest
      self.lock = lock
      self.dirty = dirty
    }
  }
  public struct Slice: Sendable, Hashable, Codable {
    public var version: String
    public var tree: Digest
    /// Why the slice is unsound, if it is: a link, a special file, an altered marker.
    public var fault: String?
    /// The digest of the tree on disk if the slice lacks nothing but the marker, as a slice that was
    /// placed by hand does. Nil for any other slice, and from an older agent.
    public var unmarked: Digest?
    /// The first files that differ from the lock of the host's checkout. Nil if none does, if the
    /// checkout has no manifest of the lock, or from an older agent.
    public var changes: [SliceChange]?

    public init(
      version: String, tree: Digest, fault: String?, unmarked: Digest? = nil,
      changes: [SliceChange]? = nil
    ) {
      self.version = version
      self.tree = tree
      self.fault = fault
      self.unmarked = unmarked
      self.changes = changes
    }
  }

  public var host: HostName
  public var sluiceVersion: String
  /// The highest epoch that the host has seen.
  public var epoch: Epoch
  public var infra: Infra
  public var slices: [Slice]
  public var links: Links
  public var tenants: [String: Digest]
  /// Nil if the gateway does not answer.
  public var gateway: GatewayIdentity?
  public var probe: MergedProbe
  public var diskFreeBytes: Int64
  public var diskTotalBytes: Int64
  /// An unfinished operation, if there is one.
  public var busyWith: OperationID?
  /// The OpenClaw that the agent found, and how the agent talks to it.
  public var profile: GatewayProfile?
  public var timings: HostTimings?
  /// OpenClaw's builds and state; nil if `sluice.yaml` declares no builds for the host.
  public var builds: BuildSurvey?
  /// Nil if the query named no release, or the agent is too old to answer.
  public var placing: PlacingSurvey?
  /// Operations that the host performed, some dozens, newest last; nil from an older agent.
  public var operations: [OperationID]?
  /// The tenants' fragments file by file, and their faults; nil from an older agent.
  public var fragments: FragmentSurvey?

  public init(
    host: HostName, sluiceVersion: String, epoch: Epoch, infra: Infra, slices: [Slice],
    links: Links, tenants: [String: Digest], gateway: GatewayIdentity?, probe: MergedProbe,
    diskFreeBytes: Int64, diskTotalBytes: Int64, busyWith: OperationID?,
    profile: GatewayProfile? = nil, timings: HostTimings? = nil,
    builds: BuildSurvey? = nil, placing: PlacingSurvey? = nil, operations: [OperationID]? = nil,
    fragments: FragmentSurvey? = nil
  ) {
    self.fragments = fragments
    self.placing = placing
    self.operations = operations
    self.host = host
    self.sluiceVersion = sluiceVersion
    self.epoch = epoch
    self.infra = infra
    self.slices = slices
    self.links = links
    self.tenants = tenants
    self.gateway = gateway
    self.probe = probe
    self.diskFreeBytes = diskFreeBytes
    self.diskTotalBytes = diskTotalBytes
    self.busyWith = busyWith
    self.profile = profile
    self.timings = timings
    self.builds = builds
  }
}

/// A file of a slice that differs from the lock's tree.
public struct SliceChange: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable {
    /// The lock has the file, and the slice does not.
    case missing
    /// The slice has the file, and the lock does not.
    case added
    /// The file has another content.
    case changed
  }

  /// The number of changes that a survey reports of a slice.
  public static let most = 10

  /// Relative to the slice.
  public var path: String
  public var kind: Kind

  public init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

/// OpenClaw's builds on a host, and the state that they share.
public struct BuildSurvey: Sendable, Hashable, Codable {
  public struct Build: Sendable, Hashable, Codable {
    /// The directory's name.
    public var version: String
    /// The package on disk: version, digests and schemas.
    public var found: ReleaseLock.OpenClaw?
    /// Why the build cannot serve; nil: it can.
    public var fault: String?

    public init(version: String, found: ReleaseLock.OpenClaw?, fault: String?) {
      self.version = version
      self.found = found
      self.fault = fault
    }
  }

  /// OpenClaw's state directory, as far as a copy needs to know.
  public struct State: Sendable, Hashable, Codable {
    public var path: String
    /// The size of a copy.
    public var bytes: Int64
    /// The free space on the disk that would hold the copy.
    public var freeBytes: Int64
    /// Why the state cannot be copied and put back; nil: it can.
    public var fault: String?

    public init(path: String, bytes: Int64, freeBytes: Int64, fault: String?) {
      self.path = path
      self.bytes = bytes
      self.freeBytes = freeBytes
      self.fault = fault
    }
  }

  /// The build that the link names; nil if the link is missing or dangles.
  public var current: String?
  public var builds: [Build]
  public var state: State

  public init(current: String?, builds: [Build], state: State) {
    self.current = current
    self.builds = builds
    self.state = state
  }

  public func build(_ version: String) -> Build? { builds.first { $0.version == version } }
}

/// The slices that the two links name; nil if the link is missing or dangles.
public struct Links: Sendable, Hashable, Codable {
  public var current: String?
  public var next: String?
  /// The fault of a `next` that names no slice, as a sentence without its full stop.
  public var nextFault: String?
  /// Why `current` is no link to a slice, as a sentence without its full stop. Nil for a missing or
  /// dangling link.
  public var currentFault: String?

  public init(
    current: String?, next: String?, nextFault: String? = nil, currentFault: String? = nil
  ) {
    self.currentFault = currentFault
    self.current = current
    self.next = next
    self.nextFault = nextFault
  }

  /// Whether these links are back where the archived ones were. A fleet that was run by hand had no
  /// `next`: a `next` that a promotion left there serves nobody, and no operation removes a link.
  public func areBack(at archived: Links) -> Bool {
    if archived.next != nil { return self == archived }
    return current == archived.current && currentFault == archived.currentFault
  }
}

/// The serving process, by its own report (OpenClaw 2026.9). The boot id changes with every start
/// and restart, the pid only with a new process.
public struct GatewayIdentity: Sendable, Hashable, Codable {
  public var version: String
  public var buildID: String?
  public var bootID: String
  public var pid: Int32?
  /// Wall clock, milliseconds since 1970, derived from the process's uptime.
  public var startedAtMilliseconds: Int64
  /// Nil if the process reports no marker.
  public var marker: Marker?
  /// The Node.js version that runs the process, `v24.19.0`; nil if unknown.
  public var node: String?

  public init(
    version: String, buildID: String?, bootID: String, pid: Int32?, startedAtMilliseconds: Int64,
    marker: Marker?, node: String? = nil
  ) {
    self.version = version
    self.buildID = buildID
    self.bootID = bootID
    self.pid = pid
    self.startedAtMilliseconds = startedAtMilliseconds
    self.marker = marker
    self.node = node
  }
}
