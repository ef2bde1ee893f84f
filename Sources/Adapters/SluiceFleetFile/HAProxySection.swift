import SluiceCore
import SluiceYAML

/// `balancer` of the kind `managed`: the HAProxy that Sluice owns.
enum HAProxySection {
  static func read(_ section: YAMLMapping, writer: WriterSpec) throws(YAMLError) -> HAProxySpec {
    let bind = try FleetFile.address(section, "bind")
    let program = try FleetFile.path(section, "program")
    let directory = try FleetFile.path(section, "directory") ?? "\(writer.state)/haproxy"
    let pinned = try section.optional("pinned")?.enumeration(of: PinnedClients.self) ?? .wait
    let timeout = try section.optional("server_timeout")?.duration(in: 1_000...86_400_000)
    let connections = try section.optional("max_connections")?.integer(in: 16...1_000_000)
    let perSource = try section.optional("connections_per_source")?.integer(in: 0...1_000_000)
    let user = try user(section.optional("user"))
    let metrics =
      section.optional("metrics") == nil ? nil : try FleetFile.address(section, "metrics")
    let front = try front(section.optional("front"))
    let tls = try tls(section.optional("tls"))
    let showsArm = try section.optional("show_arm")?.boolean()
    let hasLocalClients = try section.optional("local_clients")?.boolean()
    var cohorts: [String: Arm] = [:]
    for entry in try section.optional("cohorts")?.mapping().all() ?? [] {
      guard HostName.isValid(entry.key) else {
        throw YAMLError(
          file: section.file, position: entry.keyPosition,
          message: "\"\(entry.key)\" cannot name a tenant",
          remedy: "Use lower-case letters, digits and -, at most 63.")
      }
      cohorts[entry.key] = try entry.value.enumeration()
    }
    if front == nil, let entry = section.optional("cohorts"), !cohorts.isEmpty {
      throw entry.error(
        "cohorts go by a header that any client can write, and no front is named that writes it",
        "Name the proxies that set x-openclaw-tenant:  front: {addresses: [10.0.0.5]}")
    }
    try section.finish()
    var spec = HAProxySpec(
      bind: bind, program: program, directory: directory, pinned: pinned,
      cohorts: cohorts, serverTimeoutMilliseconds: timeout, maximumConnections: connections,
      metrics: metrics)
    spec.connectionsPerSource = perSource
    spec.user = user
    spec.front = front
    spec.tls = tls
    spec.showsArm = showsArm
    spec.hasLocalClients = hasLocalClients
    return spec
  }

  private static func front(_ value: YAMLValue?) throws(YAMLError) -> BalancerFront? {
    guard let value else { return nil }
    let section = try value.mapping()
    var addresses: [String] = []
    for item in try section.required("addresses").list() { addresses.append(try item.string()) }
    let isProxy = try section.optional("proxy_protocol")?.boolean() ?? false
    try section.finish()
    guard !addresses.isEmpty else {
      throw value.error("front names no address", "Name those of your proxies, or leave front out.")
    }
    return BalancerFront(addresses: addresses, speaksProxyProtocol: isProxy)
  }

  /// An account's name by the strictest rule, that of `useradd`.
  private static func user(_ value: YAMLValue?) throws(YAMLError) -> String? {
    guard let value else { return nil }
    let text = try value.string()
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "_-.".utf8.contains($0)
    }
    guard isPlain, !text.isEmpty, text.utf8.count <= 32, !text.hasPrefix("-") else {
      throw value.error(
        "\"\(text)\" cannot name a user", "Name an account of this machine, such as _sluice.")
    }
    return text
  }

  private static func tls(_ value: YAMLValue?) throws(YAMLError) -> BalancerTLS? {
    guard let section = try value?.mapping() else { return nil }
    let certificate = try FleetFile.requiredPath(section, "certificate")
    try section.finish()
    return BalancerTLS(certificate: certificate)
  }
}
