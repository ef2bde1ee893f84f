import SluiceJSON

/// A promotion's frozen description: `promote` runs exactly this plan or refuses.
public struct Plan: Sendable, Hashable, Codable {
  public enum Purpose: String, Sendable, Hashable, Codable {
    /// Up the ramp to `to`.
    case promote
    /// Roll back to the archived good state of an earlier release, in waves.
    case revert
    /// The same, on all hosts at once.
    case revertNow = "revert-now"
    /// A drill: the canary gets `to` in shadow and proof, and goes back.
    case drillCanary = "drill-canary"
    /// A drill: the canary swings to `to`, the release before, and goes back.
    case drillRollback = "drill-rollback"
  }

  public static let schemaName = "sluice.plan/1"

  public var schema: String = Plan.schemaName
  public var purpose: Purpose
  public var from: Release
  public var to: Release
  public var fleet: Fleet
  /// The good state to which a rollback returns.
  public var snapshot: Snapshot
  public var madeAtMilliseconds: Int64
  /// Nil if OpenClaw's build stays.
  public var build: BuildChange?
  /// In a rollback plan: gateways that were read back equal to the snapshot when the plan was made.
  /// They are not swung; the verification checks them like all others. Nil: none.
  public var alreadyBack: [HostName]?
  /// The size of the new release's skill pack on a disk; nil: unknown.
  public var packBytes: Int64?
  /// The balancer's capabilities; nil: all of them, as in every older plan.
  public var capabilities: BalancerCapabilities?
  /// How the new build did on a copy of the canary's state; nil: it was not tried.
  public var trial: TrialRecord?

  public init(
    purpose: Purpose, from: Release, to: Release, fleet: Fleet, snapshot: Snapshot,
    madeAtMilliseconds: Int64, build: BuildChange? = nil, alreadyBack: [HostName]? = nil,
    packBytes: Int64? = nil, capabilities: BalancerCapabilities? = nil, trial: TrialRecord? = nil
  ) {
    self.trial = trial
    self.capabilities = capabilities
    self.packBytes = packBytes
    self.purpose = purpose
    self.from = from
    self.to = to
    self.fleet = fleet
    self.snapshot = snapshot
    self.madeAtMilliseconds = madeAtMilliseconds
    self.build = build
    self.alreadyBack = alreadyBack
  }

  /// A digest over the canonical JSON of all fields. Throws only for a plan that cannot be encoded.
  public func digest() throws -> Digest { Digest(of: try CanonicalJSON.bytes(self)) }

  public var can: BalancerCapabilities { capabilities ?? .all }
  public var canaries: [HostName] { fleet.names(of: .canary) }
  public var stables: [HostName] { fleet.names(of: .stable) }
  /// The stable gateways in the order of the mirror, wave by wave.
  var waves: [[HostName]] { fleet.mirrorWaves }
}

/// A plan behind one reference. A plan is large and never changes, and each ledger line copies the
/// promotion.
public final class FrozenPlan: Sendable, Hashable, Codable {
  public let plan: Plan
  /// The digest that an approval must name; nil if the plan demands none or cannot be encoded.
  let digest: Digest?

  public init(_ plan: Plan) {
    self.plan = plan
    digest = plan.demands.isEmpty ? nil : try? plan.digest()
  }

  public convenience init(from decoder: any Decoder) throws {
    self.init(try Plan(from: decoder))
  }

  /// Encodes the plan itself, as in the ledger.
  public func encode(to encoder: any Encoder) throws { try plan.encode(to: encoder) }

  public static func == (left: FrozenPlan, right: FrozenPlan) -> Bool {
    left === right || left.plan == right.plan
  }

  public func hash(into hasher: inout Hasher) { plan.hash(into: &hasher) }
}

/// The archived good state of the fleet: the weights, and the release that each gateway ran.
public struct Snapshot: Sendable, Hashable, Codable {
  public struct Host: Sendable, Hashable, Codable {
    public var marker: Marker
    public var links: Links
    public var fingerprint: Digest
    public var probeDigest: Digest
    /// The build that the process reports; nil in snapshots older than archived builds.
    public var openclaw: String?
    /// The build that the link names; nil if the host declares no builds.
    public var buildLink: String?
    /// The swing that copied the state belonging to this release, if a later build has migrated the
    /// state in place.
    public var stateCopiedBy: OperationID?

    public init(
      marker: Marker, links: Links, fingerprint: Digest, probeDigest: Digest,
      openclaw: String? = nil, buildLink: String? = nil, stateCopiedBy: OperationID? = nil
    ) {
      self.marker = marker
      self.links = links
      self.fingerprint = fingerprint
      self.probeDigest = probeDigest
      self.openclaw = openclaw
      self.buildLink = buildLink
      self.stateCopiedBy = stateCopiedBy
    }
  }

  public static let schemaName = "sluice.lastgood/1"

  public var schema: String = Snapshot.schemaName
  public var release: Release
  public var weights: Weights
  public var hosts: [HostName: Host]

  public init(release: Release, weights: Weights, hosts: [HostName: Host]) {
    self.release = release
    self.weights = weights
    self.hosts = hosts
  }
}
