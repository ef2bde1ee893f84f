/// The merged readiness of one gateway, schema `sluice.probe/1`.
public struct MergedProbe: Sendable, Hashable, Codable {
  public enum Status: String, Sendable, Hashable, Codable, Comparable {
    case ok, degraded, fail

    private var rank: Int { self == .ok ? 0 : self == .degraded ? 1 : 2 }
    public static func < (left: Status, right: Status) -> Bool { left.rank < right.rank }
  }
  public struct Reason: Sendable, Hashable, Codable {
    /// `release`, `skills`, `openclaw`, `gateway`, `doctor`, `queues`, `model`, `digest`, `age`.
    public var check: String
    public var level: Status
    public var message: String
    public var tenant: String?
    /// A proven fault that harms clients: the gateway leaves the balancer while enough others are
    /// healthy. Every other reason holds or ends a promotion and takes out no gateway.
    public var isHard: Bool

    public init(
      check: String, level: Status, message: String, tenant: String? = nil, isHard: Bool = false
    ) {
      self.check = check
      self.level = level
      self.message = message
      self.tenant = tenant
      self.isHard = isHard
    }
  }
  /// Whether the gateway serves, by its own readiness. `status` says instead whether the gateway is
  /// fit for a promotion.
  public struct Serving: Sendable, Hashable, Codable {
    public var ready: Bool
    /// Failing components that were accepted, for which the gateway's own `/readyz` still answers
    /// 503.
    public var tolerated: [String]

    public init(ready: Bool, tolerated: [String] = []) {
      self.ready = ready
      self.tolerated = tolerated
    }
  }
  /// Which of Doctor's tenants are judged: those with traffic in the last interval, by the writer's
  /// word. Without the word every tenant is judged.
  public struct Traffic: Sendable, Hashable, Codable {
    /// RFC 3339 UTC with milliseconds; nil: the writer has said nothing within its interval.
    public var toldAt: String?
    public var intervalMilliseconds: Int64?
    /// Judged tenants, sorted.
    public var busy: [String]
    /// Tenants whose findings are shown and not held against the host, sorted.
    public var quiet: [String]

    public init(
      toldAt: String?, intervalMilliseconds: Int64?, busy: [String], quiet: [String]
    ) {
      self.toldAt = toldAt
      self.intervalMilliseconds = intervalMilliseconds
      self.busy = busy
      self.quiet = quiet
    }

    enum CodingKeys: String, CodingKey {
      case busy, quiet
      case toldAt = "told_at"
      case intervalMilliseconds = "interval_ms"
    }
  }
  public struct ReleaseRow: Sendable, Hashable, Codable {
    public var tag: String?
    public var lockDigest: Digest?

    public init(tag: String?, lockDigest: Digest?) {
      self.tag = tag
      self.lockDigest = lockDigest
    }

    enum CodingKeys: String, CodingKey {
      case tag
      case lockDigest = "lock_sha256"
    }
  }
  public struct Skills: Sendable, Hashable, Codable {
    /// The slice that `current` names on disk.
    public var resolved: String?
    /// The version that the running process reports.
    public var version: String?
    /// The version in the lock.
    public var locked: String?
    /// Whether the tree on disk hashes to the digest in the marker and the lock.
    public var treeIsSound: Bool

    public init(resolved: String?, version: String?, locked: String?, treeIsSound: Bool) {
      self.resolved = resolved
      self.version = version
      self.locked = locked
      self.treeIsSound = treeIsSound
    }

    enum CodingKeys: String, CodingKey {
      case resolved, version, locked
      case treeIsSound = "tree_ok"
    }
  }
  public struct OpenClaw: Sendable, Hashable, Codable {
    public var version: String?
    public var locked: String?
    public var pid: Int32?
    public var bootID: String?
    /// RFC 3339 UTC with milliseconds.
    public var startedAt: String?

    public init(
      version: String?, locked: String?, pid: Int32?, bootID: String?, startedAt: String?
    ) {
      self.version = version
      self.locked = locked
      self.pid = pid
      self.bootID = bootID
      self.startedAt = startedAt
    }

    enum CodingKeys: String, CodingKey {
      case version, locked, pid
      case bootID = "boot_id"
      case startedAt = "started_at"
    }
  }
  public struct Doctor: Sendable, Hashable, Codable {
    public enum Colour: String, Sendable, Hashable, Codable { case green, yellow, red }

    public var status: Colour
    /// All findings of level warning or above, including the accepted ones.
    public var findings: Int
    public var accepted: Int
    /// Severity and check of the findings that are not accepted, sorted: `warning core/doctor/x`.
    public var new: [String]

    public init(status: Colour, findings: Int, accepted: Int, new: [String] = []) {
      self.status = status
      self.findings = findings
      self.accepted = accepted
      self.new = new
    }
  }
  public struct Queues: Sendable, Hashable, Codable {
    /// Nil if the gateway did not say.
    public var depth: Int?
    public var limit: Int

    public init(depth: Int?, limit: Int) {
      self.depth = depth
      self.limit = limit
    }

    enum CodingKeys: String, CodingKey {
      case depth
      case limit = "slo"
    }
  }
  public struct WebhookDigest: Sendable, Hashable, Codable {
    public enum State: String, Sendable, Hashable, Codable {
      case clean
      case backPressure = "back_pressure"
      case failing, absent
    }

    public var status: State
    public var rows: Int

    public init(status: State, rows: Int) {
      self.status = status
      self.rows = rows
    }
  }

  public static let schemaName = "sluice.probe/1"

  public var schema: String = MergedProbe.schemaName
  public var status: Status
  public var reasons: [Reason]
  public var release: ReleaseRow
  public var skills: Skills
  public var openclaw: OpenClaw
  /// By tenant; `*` is the whole gateway if Doctor has no tenants.
  public var doctor: [String: Doctor]
  public var queues: Queues
  public var digest: WebhookDigest
  /// A digest over the raw bytes of Doctor and the webhook digest, each preceded by its length:
  /// evidence.
  public var probeDigest: Digest
  /// A hash over the stable fields: equal exactly if two probes show the same good state.
  public var fingerprint: Digest
  /// RFC 3339 UTC with milliseconds.
  public var observedAt: String
  public var ageMilliseconds: Int64
  /// Why a rollback would fail on this host or has to mend something first, with the remedy; nil:
  /// nothing hinders a rollback. The remark is no reason: it takes out no gateway and is not in the
  /// fingerprint.
  public var rollback: RollbackRemark?
  /// What the agent did by itself since the last swing of a writer; nil: nothing. No reason either.
  public var deadMan: DeadManReport?
  /// Nil from an agent older than this field, or before its first answer.
  public var serving: Serving?
  /// Nil from an agent older than this field.
  public var traffic: Traffic?

  /// The reasons to take the gateway out of the balancer; empty if the probe is too old to act on.
  public var hardFailures: [Reason] {
    reasons.contains { $0.check == "age" } ? [] : reasons.filter(\.isHard)
  }

  /// Whether no reason contradicts the release. A gateway may fail for Doctor or its queues, which
  /// neither another release nor a restart would mend.
  public var provesRelease: Bool {
    reasons.allSatisfy { $0.level != .fail || ["doctor", "queues"].contains($0.check) }
  }

  public struct RollbackRemark: Sendable, Hashable, Codable {
    /// A rollback would fail, so a ramp holds.
    public var broken: Bool
    public var message: String

    public init(broken: Bool, message: String) {
      self.broken = broken
      self.message = message
    }
  }

  public init(
    status: Status, reasons: [Reason], release: ReleaseRow, skills: Skills, openclaw: OpenClaw,
    doctor: [String: Doctor], queues: Queues, digest: WebhookDigest, probeDigest: Digest,
    fingerprint: Digest, observedAt: String, ageMilliseconds: Int64
  ) {
    self.status = status
    self.reasons = reasons
    self.release = release
    self.skills = skills
    self.openclaw = openclaw
    self.doctor = doctor
    self.queues = queues
    self.digest = digest
    self.probeDigest = probeDigest
    self.fingerprint = fingerprint
    self.observedAt = observedAt
    self.ageMilliseconds = ageMilliseconds
  }

  enum CodingKeys: String, CodingKey {
    case schema, status, reasons, release, skills, openclaw, doctor, queues, digest, fingerprint
    case probeDigest = "probe_sha256"
    case observedAt = "observed_at"
    case ageMilliseconds = "age_ms"
    case rollback = "way_back"
    case deadMan = "dead_man"
    case serving, traffic
  }
}

extension MergedProbe.Reason {
  enum CodingKeys: String, CodingKey {
    case check, level, message, tenant
    case isHard = "hard"
  }

  /// `hard` is absent if false, as in an older agent's answer.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      check: try values.decode(String.self, forKey: .check),
      level: try values.decode(MergedProbe.Status.self, forKey: .level),
      message: try values.decode(String.self, forKey: .message),
      tenant: try values.decodeIfPresent(String.self, forKey: .tenant),
      isHard: try values.decodeIfPresent(Bool.self, forKey: .isHard) ?? false)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(check, forKey: .check)
    try values.encode(level, forKey: .level)
    try values.encode(message, forKey: .message)
    try values.encodeIfPresent(tenant, forKey: .tenant)
    if isHard { try values.encode(true, forKey: .isHard) }
  }
}
