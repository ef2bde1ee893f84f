/// The result of one of the agent's looks.
public enum Sighting<Value: Sendable & Hashable>: Sendable, Hashable {
  case seen(Value)
  /// Why the agent did not see the value, as a sentence's end: `it does not answer`.
  case unseen(String)

  public var value: Value? { if case .seen(let value) = self { value } else { nil } }
  public var fault: String? { if case .unseen(let fault) = self { fault } else { nil } }
}

/// All inputs of a merged probe, as the agent saw them.
public struct ProbeInputs: Sendable, Hashable {
  /// The state of the host's disk.
  public struct Disk: Sendable, Hashable {
    public var infra: Sighting<HostSurvey.Infra>
    public var links: Sighting<Links>
    /// The slice that `current` names, with its digest.
    public var slice: Sighting<HostSurvey.Slice>
    /// The skills of that slice, without the marker.
    public var pack: [PackSkill]
    /// When `current` was last moved: wall clock, milliseconds since 1970.
    public var linkMovedAtMilliseconds: Int64?
    /// Nil without an earlier release to roll back to.
    public var rollback: RollbackBasis?

    public init(
      infra: Sighting<HostSurvey.Infra>, links: Sighting<Links>,
      slice: Sighting<HostSurvey.Slice>, pack: [PackSkill], linkMovedAtMilliseconds: Int64?
    ) {
      self.infra = infra
      self.links = links
      self.slice = slice
      self.pack = pack
      self.linkMovedAtMilliseconds = linkMovedAtMilliseconds
    }
  }

  /// The answers of the serving process.
  public struct Process: Sendable, Hashable {
    public var readiness: GatewayReadiness
    public var identity: Sighting<GatewayIdentity>
    public var skills: Sighting<[LoadedSkill]>
    public var queueDepth: Sighting<Int>
    /// The failure of a request like the balancer's; `seen(nil)`: the gateway served the request.
    public var behindBalancer: Sighting<String?>
    /// The counts of the last minute, from the gateway's own events; nil if the gateway sends none.
    public var retries: Retries?
    /// False before the first answer.
    public var isSeen = true

    public init(
      readiness: GatewayReadiness, identity: Sighting<GatewayIdentity>,
      skills: Sighting<[LoadedSkill]>, queueDepth: Sighting<Int>,
      behindBalancer: Sighting<String?>, retries: Retries? = nil
    ) {
      self.readiness = readiness
      self.identity = identity
      self.skills = skills
      self.queueDepth = queueDepth
      self.behindBalancer = behindBalancer
      self.retries = retries
    }
  }

  public struct Doctor: Sendable, Hashable {
    public var report: Sighting<DoctorReport>
    public var ageMilliseconds: Int64
    /// Findings that a person accepted.
    public var accepted: [DoctorFinding]

    public init(
      report: Sighting<DoctorReport>, ageMilliseconds: Int64, accepted: [DoctorFinding]
    ) {
      self.report = report
      self.ageMilliseconds = ageMilliseconds
      self.accepted = accepted
    }
  }

  /// The writer's word on which tenants have traffic.
  public struct Word: Sendable, Hashable {
    public var busy: BusyTenants
    /// When the agent heard the word: wall clock, milliseconds since 1970.
    public var atMilliseconds: Int64

    public init(busy: BusyTenants, atMilliseconds: Int64) {
      self.busy = busy
      self.atMilliseconds = atMilliseconds
    }
  }

  public var host: HostName
  public var paths: HostPaths
  /// The release of the host's last swing; nil: the checkout's lock applies.
  public var held: Release?
  public var disk: Disk
  public var process: Process
  /// By tenant; `*` is the whole gateway, for a Doctor without tenants.
  public var doctor: [String: Doctor]
  /// Nil if the writer has said nothing within its interval, and then any tenant may have traffic.
  /// The whole gateway always counts as busy.
  public var word: Word?
  public var digest: Sighting<WebhookDigestReport>
  /// Failing components of the gateway that a person accepted; they may keep failing.
  public var acceptedComponents: Set<String>
  /// Wall clock, milliseconds since 1970.
  public var observedAtMilliseconds: Int64
  /// Milliseconds since the observation, by the monotonic clock.
  public var ageMilliseconds: Int64

  public init(
    host: HostName, paths: HostPaths, held: Release?, disk: Disk, process: Process,
    doctor: [String: Doctor], word: Word?, digest: Sighting<WebhookDigestReport>,
    acceptedComponents: Set<String> = [], observedAtMilliseconds: Int64, ageMilliseconds: Int64
  ) {
    self.host = host
    self.paths = paths
    self.held = held
    self.disk = disk
    self.process = process
    self.doctor = doctor
    self.word = word
    self.digest = digest
    self.acceptedComponents = acceptedComponents
    self.observedAtMilliseconds = observedAtMilliseconds
    self.ageMilliseconds = ageMilliseconds
  }

  /// The key of Doctor's answer about the gateway as a whole.
  public static let wholeGateway = "*"

  /// The lock that the host must match: its release's, or else the one checked out.
  public var lock: ReleaseLock? { held?.lock ?? disk.infra.value?.lock }
  public var lockDigest: Digest? { held?.lockDigest ?? disk.infra.value?.lockDigest }
}

extension ProbePolicy {
  /// The maximum age of Doctor's answer: two of its intervals, the minute that one run may take,
  /// and the maximum age of any answer.
  public var doctorMaximumAgeMilliseconds: Int64 {
    2 * doctorMilliseconds + 60_000 + maximumAgeMilliseconds
  }
}
