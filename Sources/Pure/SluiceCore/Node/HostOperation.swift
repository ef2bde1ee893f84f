/// What a writer may have a host do: a closed list. An operation moves something, so it carries an id and
/// the writer's epoch, and is performed at most once for its id.
public enum HostOperation: Sendable, Hashable, Codable {
  /// Fetch the tag, place its slice, lint the fragments, link `next`. Changes nothing that serves.
  /// With `links` false `next` stays as it is; an older agent links it all the same, and its report
  /// does not deny it.
  indirect case place(Release, links: Bool? = nil)
  /// The same of a release whose tag has to be signed. An operation of its own: an agent that is older
  /// than it refuses what it cannot read, and would place a `place` without a look at any signature.
  indirect case placeSigned(Release, links: Bool? = nil)
  indirect case swing(SwingRequest)
  /// Take these findings as good, besides those that were accepted before.
  case accept([DoctorFinding])

  /// The operations by their names on the wire.
  public enum CodingKeys: String, CodingKey {
    case place, placeSigned, swing, accept
  }

  /// What is to be done, however the wire spells it.
  public enum Work: Sendable, Hashable {
    case place(Placement)
    case swing(SwingRequest)
    case accept([DoctorFinding])
  }

  public var work: Work {
    switch self {
    case .place(let release, let links):
      .place(Placement(release: release, links: links ?? true, mustBeSigned: false))
    case .placeSigned(let release, let links):
      .place(Placement(release: release, links: links ?? true, mustBeSigned: true))
    case .swing(let request): .swing(request)
    case .accept(let findings): .accept(findings)
    }
  }

  public struct Placement: Sendable, Hashable {
    public var release: Release
    /// Whether `next` shall name it.
    public var links: Bool
    /// By the writer's word; the host may ask for it though the writer does not.
    public var mustBeSigned: Bool
  }

  /// The order that places a release of a plan.
  public static func place(_ plan: Plan, links: Bool? = nil) -> HostOperation {
    plan.fleet.signedTags == nil
      ? .place(plan.to, links: links) : .placeSigned(plan.to, links: links)
  }
}

/// Drain, check out the release's commit, links, restart, ready, warm-up, proof: one compound
/// operation, so that no caller can get the order wrong.
public struct SwingRequest: Sendable, Hashable, Codable {
  /// What the host shall run: `current` names its slice, the infra checkout its commit, and the
  /// probe holds the host to it from now on.
  public var release: Release
  /// The slice that `next` shall name; nil leaves `next` as it is.
  public var next: String?
  public var policy: SwingPolicy
  /// Nil leaves OpenClaw's state as it is.
  public var state: StateMove?

  public init(release: Release, next: String?, policy: SwingPolicy, state: StateMove? = nil) {
    self.release = release
    self.next = next
    self.policy = policy
    self.state = state
  }
}

/// What became of an operation.
public indirect enum HostReport: Sendable, Hashable, Codable {
  case placed(PlaceReport)
  case swung(SwingReport)
  case accepted(count: Int)

  /// The reports by their names on the wire.
  public enum CodingKeys: String, CodingKey {
    case placed, swung, accepted
  }
}

/// What Doctor found on a host last, and what of it is new.
public struct FindingsReport: Sendable, Hashable, Codable {
  /// Warnings and errors.
  public var findings: [DoctorFinding]
  public var accepted: [DoctorFinding]

  public init(findings: [DoctorFinding], accepted: [DoctorFinding]) {
    self.findings = findings
    self.accepted = accepted
  }

  /// Those that nobody has accepted.
  public var new: [DoctorFinding] { findings.filter { !$0.isAccepted(by: accepted) } }
}

/// What a host remembers of a moving operation.
public struct OperationRecord: Sendable, Hashable, Codable {
  public enum State: String, Sendable, Hashable, Codable { case running, done, failed }

  public var id: OperationID
  public var epoch: Epoch
  public var state: State
  /// Present when `done`.
  public var report: HostReport?
  /// Present when `failed`.
  public var failure: String?

  public init(
    id: OperationID, epoch: Epoch, state: State, report: HostReport?, failure: String?
  ) {
    self.id = id
    self.epoch = epoch
    self.state = state
    self.report = report
    self.failure = failure
  }
}

public struct PlaceReport: Sendable, Hashable, Codable {
  public var version: String
  public var tree: Digest
  /// False when the slice stood there already and hashed to the lock.
  public var wasPlaced: Bool
  public var tenants: [String]
  /// False when `next` was left as it is; nil: it names the slice.
  public var links: Bool?
  /// The principal that signed the tag; nil where no signature was asked for.
  public var signer: String?

  public init(
    version: String, tree: Digest, wasPlaced: Bool, tenants: [String], links: Bool? = nil,
    signer: String? = nil
  ) {
    self.signer = signer
    self.links = links
    self.version = version
    self.tree = tree
    self.wasPlaced = wasPlaced
    self.tenants = tenants
  }
}

public struct SwingReport: Sendable, Hashable, Codable {
  public var before: GatewayIdentity?
  public var after: GatewayIdentity
  public var restarted: Bool
  /// Work that was running when the drain began and ended by itself.
  public var drained: Int
  /// Work that was cut at the drain deadline.
  public var cut: Int
  public var drainMilliseconds: Int64
  public var restartMilliseconds: Int64
  public var warmUpMilliseconds: Int64
  public var totalMilliseconds: Int64
  /// Taken after the warm-up; its release is proven by the running process.
  public var probe: MergedProbe
  /// Nil when OpenClaw's state stayed as it was.
  public var state: StateReport?
  /// What a person should know of it though it worked; nil: nothing.
  public var notes: [String]?

  public init(
    before: GatewayIdentity?, after: GatewayIdentity, restarted: Bool, drained: Int, cut: Int,
    drainMilliseconds: Int64, restartMilliseconds: Int64, warmUpMilliseconds: Int64,
    totalMilliseconds: Int64, probe: MergedProbe, state: StateReport? = nil,
    notes: [String]? = nil
  ) {
    self.notes = notes
    self.before = before
    self.after = after
    self.restarted = restarted
    self.drained = drained
    self.cut = cut
    self.drainMilliseconds = drainMilliseconds
    self.restartMilliseconds = restartMilliseconds
    self.warmUpMilliseconds = warmUpMilliseconds
    self.totalMilliseconds = totalMilliseconds
    self.probe = probe
    self.state = state
  }
}
