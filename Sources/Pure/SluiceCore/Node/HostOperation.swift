/// The closed list of operations that a writer may order from a host. An operation moves something,
/// so it carries an id and the writer's epoch, and a host performs it at most once for its id.
public enum HostOperation: Sendable, Hashable, Codable {
  /// Fetch the tag, place its slice, lint the fragments, link `next`. Changes nothing that serves.
  /// If `links` is false, `next` stays unchanged. An older agent links it nevertheless, and its
  /// report then has no `links: false`.
  indirect case place(Release, links: Bool? = nil)
  /// Place a release whose tag must be signed. This is a separate operation, so that an agent too
  /// old to check signatures refuses it as unreadable; such an agent would perform `place`
  /// unchecked.
  indirect case placeSigned(Release, links: Bool? = nil)
  indirect case swing(SwingRequest)
  /// Accept these findings, in addition to those accepted before.
  case accept([DoctorFinding])
  /// Remove these stored items. The host keeps an item that it needs itself.
  case discard([StoredItem.ID])
  /// Start a build on a copy of the state, ask it, end it, remove the copy. Changes nothing that
  /// serves.
  case tryBuild(TrialRequest)
  /// Take the dead man back. Fails if the agent acted by itself since it was armed.
  case disarm

  /// The names of the operations on the wire.
  public enum CodingKeys: String, CodingKey {
    case place, placeSigned, swing, accept, discard, tryBuild, disarm
  }

  /// The work of an operation, independent of its name on the wire.
  public enum Work: Sendable, Hashable {
    case place(Placement)
    case swing(SwingRequest)
    case accept([DoctorFinding])
    case discard([StoredItem.ID])
    case tryBuild(TrialRequest)
    case disarm
  }

  public var work: Work {
    switch self {
    case .place(let release, let links):
      .place(Placement(release: release, links: links ?? true, mustBeSigned: false))
    case .placeSigned(let release, let links):
      .place(Placement(release: release, links: links ?? true, mustBeSigned: true))
    case .swing(let request): .swing(request)
    case .accept(let findings): .accept(findings)
    case .discard(let items): .discard(items)
    case .tryBuild(let request): .tryBuild(request)
    case .disarm: .disarm
    }
  }

  public struct Placement: Sendable, Hashable {
    public var release: Release
    /// Whether `next` shall name the slice.
    public var links: Bool
    /// By the writer's order. The host may demand a signature even if the writer does not.
    public var mustBeSigned: Bool
  }

  /// The operation that places a plan's release.
  public static func place(_ plan: Plan, links: Bool? = nil) -> HostOperation {
    plan.fleet.signedTags == nil
      ? .place(plan.to, links: links) : .placeSigned(plan.to, links: links)
  }
}

/// Drain, check out the release's commit, links, restart, ready, warm-up, proof. All are one
/// operation, so that no caller can get the order wrong.
public struct SwingRequest: Sendable, Hashable, Codable {
  /// The release that the host shall run: `current` names its slice, the infra checkout its commit,
  /// and the probe compares the host with the release from now on.
  public var release: Release
  /// The slice that `next` shall name; nil leaves `next` as it is.
  public var next: String?
  public var policy: SwingPolicy
  /// Nil leaves OpenClaw's state as it is.
  public var state: StateMove?
  /// Arms the agent before anything moves; nil disarms it.
  public var deadMan: DeadMan?

  public init(
    release: Release, next: String?, policy: SwingPolicy, state: StateMove? = nil,
    deadMan: DeadMan? = nil
  ) {
    self.deadMan = deadMan
    self.release = release
    self.next = next
    self.policy = policy
    self.state = state
  }
}

/// The result of an operation.
public indirect enum HostReport: Sendable, Hashable, Codable {
  case placed(PlaceReport)
  case swung(SwingReport)
  case accepted(count: Int)
  case discarded(DiscardReport)
  case tried(TrialReport)
  case disarmed

  /// The names of the reports on the wire.
  public enum CodingKeys: String, CodingKey {
    case placed, swung, accepted, discarded, tried, disarmed
  }
}

/// A host's answer to the order to discard items.
public struct DiscardReport: Sendable, Hashable, Codable {
  /// The number of removed items.
  public var removed: Int
  /// The bytes of the removed items.
  public var bytes: Int64
  /// Why an item stayed, with the item's name; empty: none stayed.
  public var faults: [String]

  public init(removed: Int, bytes: Int64, faults: [String]) {
    self.removed = removed
    self.bytes = bytes
    self.faults = faults
  }
}

/// Doctor's last findings on a host, and the accepted ones.
public struct FindingsReport: Sendable, Hashable, Codable {
  /// Warnings and errors.
  public var findings: [DoctorFinding]
  public var accepted: [DoctorFinding]

  public init(findings: [DoctorFinding], accepted: [DoctorFinding]) {
    self.findings = findings
    self.accepted = accepted
  }

  /// Findings that no person has accepted.
  public var new: [DoctorFinding] { findings.filter { !$0.isAccepted(by: accepted) } }
}

/// A host's record of an operation.
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
  /// False if the slice was there already and its digest matched the lock.
  public var wasPlaced: Bool
  public var tenants: [String]
  /// False if `next` stayed unchanged; nil: `next` names the slice.
  public var links: Bool?
  /// The principal that signed the tag; nil if no signature was required.
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
  /// Work that was running at the drain's beginning and ended by itself.
  public var drained: Int
  /// Work that was cut at the drain deadline.
  public var cut: Int
  public var drainMilliseconds: Int64
  public var restartMilliseconds: Int64
  public var warmUpMilliseconds: Int64
  public var totalMilliseconds: Int64
  /// Taken after the warm-up; the running process proves its release.
  public var probe: MergedProbe
  /// Nil if OpenClaw's state stayed unchanged.
  public var state: StateReport?
  /// Remarks for a person although the swing succeeded; nil: none.
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
