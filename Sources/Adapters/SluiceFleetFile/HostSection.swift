import SluiceCore
import SluiceYAML

/// `hosts:`, one mapping a host.
enum HostSection {
  static func read(_ value: YAMLValue) throws(YAMLError) -> [HostSpec] {
    var hosts: [HostSpec] = []
    var places: [HostName: YAMLPosition] = [:]
    for item in try value.list() {
      let section = try item.mapping()
      let host = try host(section)
      if let first = places[host.name] {
        throw try section.required("name").error(
          "\"hosts\" names \(host.name) twice (first at line \(first.line))",
          "Give each host one entry; a host that is both stable and canary is not possible.")
      }
      places[host.name] = section.position
      hosts.append(host)
    }
    try check(hosts, at: value)
    return hosts
  }

  private static func check(_ hosts: [HostSpec], at value: YAMLValue) throws(YAMLError) {
    let gateways = hosts.filter { $0.role == .gateway }
    if !gateways.contains(where: { $0.arm == .stable }) {
      throw value.error(
        "the stable arm has no host", "Give at least one gateway arm: stable.")
    }
    if !gateways.contains(where: { $0.arm == .canary }) {
      throw value.error(
        "the canary arm has no host", "Give one gateway arm: canary.")
    }
    var addresses: [String: HostName] = [:]
    for host in gateways {
      for address in [host.gateway, host.probe] {
        if let other = addresses[address] {
          throw value.error(
            "\(host.name) and \(other) both use \(address)", "Give each its own address and port.")
        }
        addresses[address] = host.name
      }
    }
  }

  private static func host(_ section: YAMLMapping) throws(YAMLError) -> HostSpec {
    let nameValue = try section.required("name")
    let name = try nameValue.string()
    guard HostName.isValid(name) else {
      throw nameValue.error(
        "\"\(name)\" cannot name a host", "Use lower-case letters, digits and -, at most 63.")
    }
    let role = try section.optional("role")?.enumeration(of: HostRole.self) ?? .gateway
    let arm = try section.optional("arm")?.enumeration(of: Arm.self) ?? .stable
    let paths = try paths(section.optional("paths"))
    let socket = try FleetFile.path(section, "socket") ?? "\(paths.state)/agent.sock"
    let destination = try section.optionalString("ssh")
    let settings = try section.optional("ssh_settings")?.enumeration(of: SSHMode.self)
    if settings != nil, destination == nil {
      throw try section.required("ssh_settings").error(
        "\(name) has ssh_settings and no ssh", "Write  ssh: user@host  or leave both out.")
    }
    var host = HostSpec(
      name: HostName(name), role: role, arm: arm,
      connection: destination.map {
        .ssh(destination: $0, socket: socket, settings: settings == .closed ? nil : settings)
      } ?? .local(socket: socket),
      gateway: try FleetFile.address(section, "gateway"),
      probe: try FleetFile.address(section, "probe"), paths: paths,
      openclaw: try openclaw(section.required("openclaw")))
    host.zone = try zone(section.optional("zone"))
    try checkBuilds(host, at: section)
    try section.finish()
    return host
  }

  private static func zone(_ value: YAMLValue?) throws(YAMLError) -> String? {
    guard let value else { return nil }
    let zone = try value.string()
    guard HostName.isValid(zone) else {
      throw value.error(
        "\"\(zone)\" cannot name a zone", "Use lower-case letters, digits and -, at most 63.")
    }
    return zone
  }

  /// Every stable gateway needs a zone then.
  static func zoneFloor(_ value: YAMLValue?, _ hosts: [HostSpec]) throws(YAMLError) -> Int? {
    guard let value else { return nil }
    let floor = try value.integer(in: 1...max(1, hosts.count))
    let stables = hosts.filter { $0.role == .gateway && $0.arm == .stable }
    if let host = stables.first(where: { $0.zone == nil }) {
      throw value.error(
        "zone_floor needs the zone of every stable gateway, and \(host.name) has none",
        "Give \(host.name) its zone, or leave zone_floor out.")
    }
    return floor
  }

  private static func paths(_ value: YAMLValue?) throws(YAMLError) -> HostPaths {
    var paths = HostPaths(
      infra: "/usr/local/share/openclaw-infra", skills: "/var/db/openclaw/skills",
      tenants: "/etc/openclaw/tenants", state: "/var/db/openclaw/sluice")
    guard let section = try value?.mapping() else { return paths }
    paths.infra = try FleetFile.path(section, "infra") ?? paths.infra
    paths.skills = try FleetFile.path(section, "skills") ?? paths.skills
    paths.tenants = try FleetFile.path(section, "tenants") ?? paths.tenants
    paths.state = try FleetFile.path(section, "state") ?? paths.state
    paths.builds = try FleetFile.path(section, "builds")
    paths.secrets = try FleetFile.path(section, "secrets")
    try section.finish()
    return paths
  }

  private static func openclaw(_ value: YAMLValue) throws(YAMLError) -> OpenClawSpec {
    let section = try value.mapping()
    let cli = try FleetFile.requiredPath(section, "cli")
    let token = try FleetFile.requiredPath(section, "token_file")
    let digest = try section.optionalString("digest")
    let service = try service(section.required("service"))
    let state = try FleetFile.path(section, "state")
    var environment: [String: String] = [:]
    for entry in try section.optional("environment")?.mapping().all() ?? [] {
      environment[entry.key] = try entry.value.string()
    }
    let file = try FleetFile.path(section, "environment_file")
    var address: String?
    if let value = section.optional("address") {
      address = try FleetFile.address(value, "address")
    }
    let dialect = try dialect(section.optional("dialect"))
    let commands = try commands(section.optional("commands"))
    try section.finish()
    return OpenClawSpec(
      cli: cli, tokenFile: token, digest: digest, service: service, environment: environment,
      state: state, dialect: dialect, commands: commands, environmentFile: file,
      address: address)
  }

  /// `auto`, or one of the dialects.
  private static func dialect(_ value: YAMLValue?) throws(YAMLError) -> DialectName? {
    guard let value, try value.string() != "auto" else { return nil }
    guard let name = DialectName(rawValue: try value.string()) else {
      throw value.error(
        "\"\(try value.string())\" is no dialect of OpenClaw",
        "Write auto or one of: " + DialectName.allCases.map(\.rawValue).joined(separator: ", ")
          + ".")
    }
    return name
  }

  /// Arguments by command, in place of the dialect's.
  private static func commands(_ value: YAMLValue?) throws(YAMLError) -> [String: [String]]? {
    guard let entries = try value?.mapping().all() else { return nil }
    var commands: [String: [String]] = [:]
    for entry in entries {
      guard OpenClawCommand(rawValue: entry.key) != nil else {
        throw entry.value.error(
          "\"\(entry.key)\" is no command that Sluice runs",
          "Name one of: " + OpenClawCommand.allCases.map(\.rawValue).joined(separator: ", ") + ".")
      }
      let arguments = try entry.value.list().map { item throws(YAMLError) in try item.string() }
      guard !arguments.isEmpty else {
        throw entry.value.error("\(entry.key) has no arguments", "Write them as a list.")
      }
      commands[entry.key] = arguments
    }
    return commands
  }

  /// Where builds are Sluice's, everything that starts OpenClaw goes through their link, or a swing of
  /// it would move nothing.
  private static func checkBuilds(_ host: HostSpec, at section: YAMLMapping) throws(YAMLError) {
    guard let builds = host.paths.builds else { return }
    let place = try section.required("openclaw")
    var programs = [("cli", host.openclaw.cli)]
    switch host.openclaw.service {
    case .process(let program, _, _, _): programs.append(("program", program))
    case .launchd(_, _, nil):
      throw place.error(
        "the gateway of \(host.name) could not be stopped for a change of its build",
        "Name the job's property list as plist beside domain and label: launchd starts it again "
          + "at once otherwise.")
    case .launchd, .systemd: break
    }
    for (name, program) in programs where !program.hasPrefix("\(builds)/current/") {
      throw place.error(
        "\(name) is \(program), but the builds of \(host.name) are in \(builds)",
        "Name it through the link: \(builds)/current/…")
    }
    guard host.openclaw.stateDirectory == nil else { return }
    throw place.error(
      "nothing says where OpenClaw keeps its state on \(host.name)",
      "Write HOME or OPENCLAW_STATE_DIR into environment, or the directory as state.")
  }

  /// Exactly one of `launchd`, `systemd` and `process`.
  private static func service(_ value: YAMLValue) throws(YAMLError) -> ServiceSpec {
    let section = try value.mapping()
    var found: [ServiceSpec] = []
    if let launchd = try section.optional("launchd")?.mapping() {
      found.append(
        .launchd(
          domain: try launchd.string("domain"), label: try launchd.string("label"),
          plist: try FleetFile.path(launchd, "plist")))
      try launchd.finish()
    }
    if let systemd = try section.optional("systemd")?.mapping() {
      found.append(.systemd(unit: try systemd.string("unit")))
      try systemd.finish()
    }
    if let process = try section.optional("process")?.mapping() {
      found.append(
        .process(
          program: try FleetFile.requiredPath(process, "program"),
          arguments: try process.strings("arguments"),
          log: try FleetFile.requiredPath(process, "log"),
          record: try FleetFile.requiredPath(process, "record")))
      try process.finish()
    }
    try section.finish()
    guard let service = found.first, found.count == 1 else {
      throw value.error(
        "\"service\" names \(found.count) service managers, not one",
        "Write one of launchd, systemd and process below it.")
    }
    return service
  }
}
