/// The fleet as `sluice.yaml` describes it, read and checked.
public struct Fleet: Sendable, Hashable, Codable {
  public var name: String
  public var writer: WriterSpec
  public var hosts: [HostSpec]
  public var balancer: BalancerSpec
  public var ramp: Ramp
  public var judge: JudgeLimits
  public var probe: ProbePolicy
  public var swing: SwingPolicy
  /// The number of stable gateways that must be in service at every moment, at least 1.
  public var capacityFloor: Int
  /// How long all probes must stay `ok` after the last mirror swing before the promotion completes.
  public var bakeMilliseconds: Int64
  /// Addresses and networks that may read the details of an agent's probe; nil: only those that
  /// `probeAudience` derives.
  public var probeFrom: [String]?
  /// Nil: a tag needs no signature.
  public var signedTags: SignedTags?
  /// Nil: the usual retention.
  public var retention: RetentionPolicy?
  /// The age of the last drill, in milliseconds, at which `plan` warns; nil: `plan` never warns.
  public var drillEveryMilliseconds: Int64?
  /// The number of stable gateways that the mirror takes at once; nil: a quarter, at least one.
  public var mirrorAtOnce: Int?
  /// The number of stable gateways of each zone that must be in service at every moment; nil: zones
  /// have no floor.
  public var zoneFloor: Int?
  /// Nil: a build is tried on a copy of the state only where a person asks for it.
  public var tryBuild: TrialPolicy?

  public init(
    name: String, writer: WriterSpec, hosts: [HostSpec], balancer: BalancerSpec, ramp: Ramp,
    judge: JudgeLimits, probe: ProbePolicy, swing: SwingPolicy, capacityFloor: Int,
    bakeMilliseconds: Int64, probeFrom: [String]? = nil, signedTags: SignedTags? = nil,
    retention: RetentionPolicy? = nil
  ) {
    self.retention = retention
    self.signedTags = signedTags
    self.name = name
    self.writer = writer
    self.hosts = hosts
    self.balancer = balancer
    self.ramp = ramp
    self.judge = judge
    self.probe = probe
    self.swing = swing
    self.capacityFloor = capacityFloor
    self.bakeMilliseconds = bakeMilliseconds
    self.probeFrom = probeFrom
  }

  public func host(_ name: HostName) -> HostSpec? { hosts.first { $0.name == name } }
  public var gateways: [HostSpec] { hosts.filter { $0.role == .gateway } }
  public var canaries: [HostSpec] { gateways.filter { $0.arm == .canary } }
  public var stables: [HostSpec] { gateways.filter { $0.arm == .stable } }

  /// The names of the gateways of one arm.
  public func names(of arm: Arm) -> [HostName] {
    hosts.indices.compactMap {
      hosts[$0].role == .gateway && hosts[$0].arm == arm ? hosts[$0].name : nil
    }
  }
}

public enum Arm: String, Sendable, Hashable, Codable, CaseIterable { case stable, canary }

public enum HostRole: String, Sendable, Hashable, Codable, CaseIterable {
  case gateway, worker, notifier
}

/// The writer: the machine and account that run `sluice promote`. Only the writer moves the fleet.
public struct WriterSpec: Sendable, Hashable, Codable {
  /// The checkout of the infra repository, clean, with the release's tag.
  public var infra: String
  /// The append-only ledger, `promotions.jsonl`.
  public var ledger: String
  /// A private directory: plans, control socket, evidence, the managed balancer's files.
  public var state: String
  /// The private key for ssh to the hosts; nil: the account's default keys.
  public var identity: String?

  public init(infra: String, ledger: String, state: String, identity: String? = nil) {
    self.identity = identity
    self.infra = infra
    self.ledger = ledger
    self.state = state
  }
}

/// One host of the fleet.
public struct HostSpec: Sendable, Hashable, Codable {
  public var name: HostName
  public var role: HostRole
  /// The arm of a gateway; meaningless for the other roles.
  public var arm: Arm
  /// The availability zone; nil: none is known.
  public var zone: String?
  public var connection: ConnectionSpec
  /// The address at which the gateway serves sessions, `host:port`, as seen from the balancer.
  public var gateway: String
  /// The address at which Sluice's agent answers `/readyz`, `host:port`.
  public var probe: String
  public var paths: HostPaths
  public var openclaw: OpenClawSpec

  private enum CodingKeys: String, CodingKey {
    case name, role, arm, zone, gateway, probe, paths, openclaw
    /// Plans keep this name.
    case connection = "link"
  }

  public init(
    name: HostName, role: HostRole, arm: Arm, connection: ConnectionSpec, gateway: String,
    probe: String,
    paths: HostPaths, openclaw: OpenClawSpec
  ) {
    self.name = name
    self.role = role
    self.arm = arm
    self.connection = connection
    self.gateway = gateway
    self.probe = probe
    self.paths = paths
    self.openclaw = openclaw
  }
}

extension HostSpec {
  /// Where the agent reaches its gateway, `host:port`. OpenClaw trusts a caller on loopback by its token
  /// alone, so the agent does not use the balancer's way unless `openclaw.address` says so.
  public var localGateway: String {
    if let address = openclaw.address { return address }
    guard let colon = gateway.lastIndex(of: ":") else { return gateway }
    let name = gateway[..<colon]
    let isLocal = name == "localhost" || NetworkAddress(String(name))?.isLoopback ?? false
    return isLocal || name == "[::1]" ? gateway : "127.0.0.1\(gateway[colon...])"
  }

  /// The paths that Sluice owns or writes to on the host.
  public var ownPaths: [String] {
    var own = [paths.infra, paths.skills, paths.tenants, paths.state]
    if let builds = paths.builds { own.append(builds) }
    if case .process(_, _, let log, let record) = openclaw.service { own += [log, record] }
    return own
  }
}

/// How the writer reaches a host's agent.
public enum ConnectionSpec: Sendable, Hashable, Codable {
  /// The agent's unix socket on this machine.
  case local(socket: String)
  /// `ssh` to `destination`, where a forced command connects to the agent's `socket`. Settings nil:
  /// `closed`.
  case ssh(destination: String, socket: String, settings: SSHMode? = nil)

  /// The agent's socket on its host.
  public var socket: String {
    switch self {
    case .local(let socket), .ssh(_, let socket, _): socket
    }
  }
}

/// Whose ssh configuration and keys the writer uses for a host.
public enum SSHMode: String, Sendable, Hashable, Codable, CaseIterable {
  /// The writer's one key and Sluice's own file of host keys, and nothing else.
  case closed
  /// The operator's `~/.ssh/config`, keys, agent and known hosts.
  case operators = "operator"
}

/// The paths of one host.
public struct HostPaths: Sendable, Hashable, Codable {
  public var infra: String
  /// The directory of the slices and of the links `current` and `next`.
  public var skills: String
  public var tenants: String
  /// The agent's private directory: fence, operation records, accepted findings.
  public var state: String
  /// The directory of OpenClaw's builds and of the link `current`; nil: Sluice does not manage
  /// builds.
  public var builds: String?
  /// The directory of the tenants' secrets, which Sluice checks and never changes; nil: the usual
  /// one.
  public var secrets: String?

  /// The directory of the tenants' secrets.
  public var secretsDirectory: String { secrets ?? "/var/db/openclaw/secrets" }

  public init(
    infra: String, skills: String, tenants: String, state: String, builds: String? = nil,
    secrets: String? = nil
  ) {
    self.secrets = secrets
    self.infra = infra
    self.skills = skills
    self.tenants = tenants
    self.state = state
    self.builds = builds
  }
}

/// The OpenClaw gateway of one host.
public struct OpenClawSpec: Sendable, Hashable, Codable {
  /// The command-line program, an absolute path.
  public var cli: String
  /// A file of mode 0600 that contains the gateway's token.
  public var tokenFile: String
  /// The URL of the webhook digest; nil if the host has none.
  public var digest: String?
  public var service: ServiceSpec
  /// The whole environment of the CLI and of a gateway that Sluice starts as a process. Plans and
  /// ledger lines never contain the values: there the dictionary is empty, and `environmentDigest`
  /// shows whether the environment is the same.
  public var environment: [String: String] {
    didSet { environmentDigest = Self.digest(of: environment) }
  }
  /// A digest over names and values; nil without an environment.
  public private(set) var environmentDigest: Digest?
  /// Further environment, in a file of mode 0600 on the host.
  public var environmentFile: String?
  /// Where the agent reaches the gateway, `host:port`; nil: loopback, by the port of the sessions.
  public var address: String?
  /// OpenClaw's state directory, if it differs from the one that the environment implies.
  public var state: String?
  /// The dialect; nil: the agent finds the dialect by asking OpenClaw.
  public var dialect: DialectName?
  /// Arguments that replace the dialect's, by `OpenClawCommand`; nil: none. An absolute path as the
  /// first argument replaces the program. Sluice substitutes `{tenant}`, `{request}`, `{wait}` and
  /// `{suspension}`.
  public var commands: [String: [String]]?

  public init(
    cli: String, tokenFile: String, digest: String?, service: ServiceSpec,
    environment: [String: String], state: String? = nil, dialect: DialectName? = nil,
    commands: [String: [String]]? = nil, environmentFile: String? = nil, address: String? = nil
  ) {
    self.address = address
    environmentDigest = Self.digest(of: environment)
    self.environmentFile = environmentFile
    self.cli = cli
    self.tokenFile = tokenFile
    self.digest = digest
    self.service = service
    self.environment = environment
    self.dialect = dialect
    self.commands = commands
    self.state = state
  }

  /// Replaces the environment by its digest, as in a plan.
  mutating func forget(environmentOf digest: Digest) {
    environment = [:]
    environmentDigest = digest
  }

  /// OpenClaw's state directory by OpenClaw's own rules; nil if neither setting nor environment
  /// names one.
  public var stateDirectory: String? {
    let given: (String) -> String? = { environment[$0].flatMap { $0.isEmpty ? nil : $0 } }
    return state ?? given("OPENCLAW_STATE_DIR") ?? given("HOME").map { "\($0)/.openclaw" }
  }

  /// OpenClaw's configuration file by OpenClaw's own rules; nil if nothing names one.
  public var configurationFile: String? {
    guard let given = environment["OPENCLAW_CONFIG_PATH"], !given.isEmpty else {
      return stateDirectory.map { "\($0)/openclaw.json" }
    }
    guard given.hasPrefix("~/"), let home = environment["HOME"] else { return given }
    return home + given.dropFirst()
  }
}

/// The service manager of the gateway.
public enum ServiceSpec: Sendable, Hashable, Codable {
  /// Sluice itself: program and arguments; output is appended to `log`, `record` keeps the
  /// identity.
  case process(program: String, arguments: [String], log: String, record: String)
  /// `plist`: the job's property list, needed to stop a job with KeepAlive.
  case launchd(domain: String, label: String, plist: String? = nil)
  case systemd(unit: String)
}
