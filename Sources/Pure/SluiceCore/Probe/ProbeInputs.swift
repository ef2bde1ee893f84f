/// Something that the agent looked for.
public enum Sighting<Value: Sendable & Hashable>: Sendable, Hashable {
  case seen(Value)
  /// Why it was not seen, as a sentence's end: `it does not answer`.
  case unseen(String)

  public var value: Value? { if case .seen(let value) = self { value } else { nil } }
  public var fault: String? { if case .unseen(let fault) = self { fault } else { nil } }
}

/// Everything that a merged probe is made of, as the agent saw it.
public struct ProbeInputs: Sendable, Hashable {
  /// What stands on the host's disk.
  public struct Disk: Sendable, Hashable {
    public var infra: Sighting<HostSurvey.Infra>
    public var links: Sighting<Links>
    /// The slice that `current` names, hashed.
    public var slice: Sighting<HostSurvey.Slice>
    /// The skills of that slice, the marker left out.
    public var pack: [PackSkill]
    /// When `current` was last moved: wall clock, milliseconds since 1970.
    public var linkMovedAtMilliseconds: Int64?
    /// Nil where there is nothing to go back to.
    public var wayBack: WayBack?

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

  /// What the process that serves says.
  public struct Process: Sendable, Hashable {
    public var readiness: GatewayReadiness
    public var identity: Sighting<GatewayIdentity>
    public var skills: Sighting<[LoadedSkill]>
    public var queueDepth: Sighting<Int>
    /// What a request as the balancer sends it met; seen nil: it was served.
    public var behindBalancer: Sighting<String?>
    /// Of the last minute, as the gateway tells by itself; nil when it tells nothing.
    public var retries: Retries?
    /// False before the first look.
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
    /// The findings archived as good.
    public var accepted: [DoctorFinding]

    public init(
      report: Sighting<DoctorReport>, ageMilliseconds: Int64, accepted: [DoctorFinding]
    ) {
      self.report = report
      self.ageMilliseconds = ageMilliseconds
      self.accepted = accepted
    }
  }

  public var host: HostName
  public var paths: HostPaths
  /// The release that the host was last swung to; nil: its checkout's lock holds it.
  public var held: Release?
  public var disk: Disk
  public var process: Process
  /// By tenant; `*` is the whole gateway, for a Doctor that knows no tenants.
  public var doctor: [String: Doctor]
  /// Tenants with traffic in the last interval; nil when that is not known: then all may have had
  /// some. The whole gateway always has.
  public var busyTenants: Set<String>?
  public var digest: Sighting<WebhookDigestReport>
  /// Components of the gateway that failed when they were accepted: they may go on failing.
  public var acceptedComponents: Set<String>
  /// Wall clock, milliseconds since 1970.
  public var observedAtMilliseconds: Int64
  /// Since then, by the monotonic clock.
  public var ageMilliseconds: Int64

  public init(
    host: HostName, paths: HostPaths, held: Release?, disk: Disk, process: Process,
    doctor: [String: Doctor], busyTenants: Set<String>?, digest: Sighting<WebhookDigestReport>,
    acceptedComponents: Set<String> = [], observedAtMilliseconds: Int64, ageMilliseconds: Int64
  ) {
    self.host = host
    self.paths = paths
    self.held = held
    self.disk = disk
    self.process = process
    self.doctor = doctor
    self.busyTenants = busyTenants
    self.digest = digest
    self.acceptedComponents = acceptedComponents
    self.observedAtMilliseconds = observedAtMilliseconds
    self.ageMilliseconds = ageMilliseconds
  }

  /// Where Doctor's answer stands that is about the gateway as a whole.
  public static let wholeGateway = "*"

  /// What the host is held to: its release's lock, else the one checked out.
  public var lock: ReleaseLock? { held?.lock ?? disk.infra.value?.lock }
  public var lockDigest: Digest? { held?.lockDigest ?? disk.infra.value?.lockDigest }
}

extension ProbePolicy {
  /// How old Doctor's answer may be: two of its intervals, the minute that one run may take, and
  /// what any answer may have.
  public var doctorMaximumAgeMilliseconds: Int64 {
    2 * doctorMilliseconds + 60_000 + maximumAgeMilliseconds
  }
}
