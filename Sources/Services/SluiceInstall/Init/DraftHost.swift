import SluiceCore

/// The entry of one host in a new `sluice.yaml`.
struct DraftHost {
  let host: InitHost
  private(set) var lines: [String] = []
  /// The keys whose value no look found.
  private(set) var gaps: [String] = []

  init(
    host: InitHost, link: DraftLink, arm: Arm, gateway: String, probe: String, result: LookResult?
  ) {
    self.host = host
    let look = result?.look
    add(YAMLText.comment(Self.summary(host.name, result)))
    add("- name: \(YAMLText.scalar(host.name.rawValue))")
    add("  arm: \(arm.rawValue)")
    if let destination = link.destination {
      add("  ssh: \(YAMLText.scalar(destination))")
      if link.isIndirect {
        add("  # Over a jump host or proxy, which only your ~/.ssh/config knows.")
        add("  ssh_settings: operator")
      }
    }
    if look.map({ GatewayAddress.port(in: $0) == nil }) ?? true {
      gap("gateway", "where OpenClaw listens", indent: "  ")
    } else if let look, look.listensOnLoopbackOnly, host.ssh != nil {
      add("  # OpenClaw listens on loopback only, where no balancer of another machine reaches it:")
      add("  # set gateway.bind to lan in openclaw.json, or run the balancer on this host.")
      gaps.append("gateway (listens on loopback only)")
    }
    add("  gateway: \(YAMLText.scalar(gateway))")
    add("  probe: \(YAMLText.scalar(probe))      # where Sluice's agent will answer /readyz")
    addPaths(look)
    addOpenClaw(look)
  }

  private mutating func add(_ line: String) { lines.append(line) }

  private mutating func gap(_ key: String, _ what: String, indent: String) {
    add(indent + YAMLText.comment("\(FleetDraft.mark): \(what)."))
    gaps.append(key)
  }

  private static func summary(_ name: HostName, _ result: LookResult?) -> String {
    switch result {
    case nil: return "\(name): nobody looked at this host."
    case .unseen(let reason): return "\(name): the look failed: \(reason)"
    case .seen(let look):
      let version = look.openclawVersion.map { "OpenClaw \($0)" } ?? "OpenClaw of unknown version"
      let system = [look.system, look.machine].compactMap(\.self).joined(separator: " ")
      let account = look.user.map { ", looked at as \($0)" } ?? ""
      return "\(name): \(look.openclaw == nil ? "no OpenClaw found" : version), \(system)\(account)"
    }
  }

  private mutating func addPaths(_ look: FirstLook?) {
    guard let look else { return }
    let usual = [
      ("infra", look.infra, "/usr/local/share/openclaw-infra"),
      ("skills", look.skills, "/var/db/openclaw/skills"),
      ("tenants", look.tenants, "/etc/openclaw/tenants"),
    ]
    let missing = usual.filter { $0.1 == nil }
    guard !missing.isEmpty else { return }
    let names = missing.map { "\($0.0): \($0.2)" }.joined(separator: ", ")
    add(
      "  " + YAMLText.comment("\(FleetDraft.mark): \(names). Make them, or name others as paths."))
    gaps.append("paths")
  }

  private mutating func addOpenClaw(_ look: FirstLook?) {
    add("  openclaw:")
    if look?.openclaw == nil { gap("openclaw.cli", "the program openclaw", indent: "    ") }
    let folder = look?.system == "Linux" ? "/usr/local/bin" : "/opt/homebrew/bin"
    let program = look?.openclaw ?? "\(folder)/openclaw"
    add("    cli: \(YAMLText.scalar(program))")
    if look?.tokenFile == nil {
      gap(
        "openclaw.token_file",
        "a file with the gateway's token. Write the token there, mode 0600, for the agent's account",
        indent: "    ")
    }
    let token = look?.tokenFile ?? "/var/db/openclaw/secrets/gateway.token"
    add("    token_file: \(YAMLText.scalar(token))")
    addService(look, program)
  }

  private mutating func addService(_ look: FirstLook?, _ program: String) {
    let usable = look?.services.filter(\.isUsable) ?? []
    let chosen = usable.first(where: \.isRunning) ?? usable.first
    addEnvironment(look, chosen, program)
    add("    service:")
    for other in look?.services ?? [] where other != chosen {
      add("      " + YAMLText.comment("also there: \(other.words)"))
    }
    guard let chosen else {
      gap("openclaw.service", "the service that starts OpenClaw", indent: "      ")
      if look?.system == "Linux" {
        add("      systemd: {unit: openclaw-gateway.service}")
      } else {
        add("      launchd: {domain: gui/501, label: ai.openclaw.gateway}")
      }
      return
    }
    if !chosen.isRunning { add("      # The service is there and does not run.") }
    switch chosen.manager {
    case .launchd(let domain, let label, let plist):
      add("      launchd:")
      add("        domain: \(YAMLText.scalar(domain))")
      add("        label: \(YAMLText.scalar(label))")
      add("        plist: \(YAMLText.scalar(plist))")
    case .systemd(let unit, _):
      add("      systemd: {unit: \(YAMLText.scalar(unit))}")
    }
  }

  /// The command line inherits nothing: HOME names OpenClaw's state, and PATH its Node.
  private mutating func addEnvironment(
    _ look: FirstLook?, _ service: GatewayService?, _ program: String
  ) {
    guard let look, let home = look.home else { return }
    if let account = service?.user, let user = look.user, account != user {
      add(
        "    "
          + YAMLText.comment(
            "OpenClaw runs as \(account) and ssh reaches \(user). Write \(account)'s HOME as environment."
          ))
      gaps.append("openclaw.environment")
      return
    }
    let folder = program.split(separator: "/").dropLast().joined(separator: "/")
    let path = "/\(folder):/usr/bin:/bin:/usr/sbin:/sbin"
    guard [home, path].allSatisfy({ SecretScan.reason(value: $0) == nil }) else { return }
    add("    environment:")
    add("      HOME: \(YAMLText.scalar(home))")
    add("      PATH: \(YAMLText.scalar(path))")
  }
}

extension FirstLook {
  /// Whether OpenClaw answers this machine alone.
  var listensOnLoopbackOnly: Bool {
    !listeners.isEmpty
      && listeners.allSatisfy { listener in
        guard let host = GatewayAddress.parts(listener)?.host else { return false }
        return NetworkAddress(host.filter { $0 != "[" && $0 != "]" })?.isLoopback ?? false
      }
  }
}

extension GatewayService {
  /// For a comment.
  var words: String {
    let state = isRunning ? "runs" : "does not run"
    switch manager {
    case .launchd(let domain, let label, _): return "launchd \(domain)/\(label), \(state)"
    case .systemd(let unit, false): return "systemd \(unit), \(state)"
    case .systemd(let unit, true):
      return "\(unit) of the account's own systemd, \(state); Sluice steers units of the system"
    }
  }
}
