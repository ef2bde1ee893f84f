import SluiceCore
import SluiceYAML

/// `sluice.yaml`, read strictly: every unknown key, double name and impossible value is an error
/// with its place and what to do about it. `docs/sluice.yaml` shows every key.
public enum FleetFile {
  /// Thirty days, in milliseconds.
  static let longestHold: Int64 = 30 * 86_400_000

  /// - Parameter file: the name for messages.
  public static func read(_ bytes: [UInt8], file: String) throws(YAMLError) -> Fleet {
    let node = try YAMLReader.read(bytes, file: file)
    try FleetSecrets.check(node, file: file)
    let root = try YAMLMapping.root(of: node, file: file)
    let name = try root.string("fleet")
    let writer = try writer(root.optional("writer"))
    let hosts = try HostSection.read(root.required("hosts"))
    let balancer = try balancer(root.required("balancer"), writer: writer)
    let ramp = try RampSection.read(root.optional("ramp"), balancer: balancer)
    let judge = try PolicySections.judge(root.optional("judge"))
    let probe = try PolicySections.probe(root.optional("probe"))
    let swing = try PolicySections.swing(root.optional("swing"))
    let stables = hosts.filter { $0.role == .gateway && $0.arm == .stable }.count
    let floor = try root.optional("capacity_floor")?.integer(in: 1...max(1, stables - 1)) ?? 1
    let bake = try root.optional("bake")?.duration(in: 0...longestHold) ?? 600_000
    let probeFrom = try PolicySections.probeFrom(root.optional("probe_from"))
    let signedTags = try SignedTagsSection.read(
      root.optional("signed_tags"), checkouts: [writer.infra] + hosts.map(\.paths.infra))
    try root.finish()
    return Fleet(
      name: name, writer: writer, hosts: hosts, balancer: balancer, ramp: ramp, judge: judge,
      probe: probe, swing: swing, capacityFloor: floor, bakeMilliseconds: bake,
      probeFrom: probeFrom,
      signedTags: signedTags)
  }

  private static func writer(_ value: YAMLValue?) throws(YAMLError) -> WriterSpec {
    guard let section = try value?.mapping() else { return .standard }
    let standard = WriterSpec.standard
    let writer = WriterSpec(
      infra: try path(section, "infra") ?? standard.infra,
      ledger: try path(section, "ledger") ?? standard.ledger,
      state: try path(section, "state") ?? standard.state,
      identity: try path(section, "identity"))
    try section.finish()
    return writer
  }

  private static func balancer(_ value: YAMLValue, writer: WriterSpec) throws(YAMLError)
    -> BalancerSpec
  {
    let section = try value.mapping()
    let kind: BalancerSpec.Kind = try section.enumeration("kind")
    let bind = try address(section, "bind")
    let program = try path(section, "program")
    let directory = try path(section, "directory") ?? "\(writer.state)/haproxy"
    let pinned = try section.optional("pinned")?.enumeration(of: PinnedClients.self) ?? .wait
    let timeout = try section.optional("server_timeout")?.duration(in: 1_000...86_400_000)
    let connections = try section.optional("max_connections")?.integer(in: 16...1_000_000)
    let perSource = try section.optional("connections_per_source")?.integer(in: 0...1_000_000)
    let user = try user(section.optional("user"))
    let metrics = section.optional("metrics") == nil ? nil : try address(section, "metrics")
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
    var balancer = BalancerSpec(
      kind: kind, bind: bind, program: program, directory: directory, pinned: pinned,
      cohorts: cohorts, serverTimeoutMilliseconds: timeout, maximumConnections: connections,
      metrics: metrics)
    balancer.connectionsPerSource = perSource
    balancer.user = user
    balancer.front = front
    balancer.tls = tls
    balancer.showsArm = showsArm
    balancer.hasLocalClients = hasLocalClients
    return balancer
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

  /// What an account may be called everywhere: `useradd`'s own rule.
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
    let certificate = try requiredPath(section, "certificate")
    try section.finish()
    return BalancerTLS(certificate: certificate)
  }

  /// An absolute path, or nil when the key is not there.
  static func path(_ section: YAMLMapping, _ key: String) throws(YAMLError) -> String? {
    guard let value = section.optional(key) else { return nil }
    let text = try value.string()
    guard text.hasPrefix("/"), !text.pathParts.contains("..") else {
      throw value.error(
        "\(key) must be an absolute path, not \"\(text)\"",
        "Write it from the root, without \"..\".")
    }
    return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  static func requiredPath(_ section: YAMLMapping, _ key: String) throws(YAMLError) -> String {
    if let text = try path(section, key) { return text }
    _ = try section.required(key)
    return ""
  }

  /// `host:port`.
  static func address(_ section: YAMLMapping, _ key: String) throws(YAMLError) -> String {
    let value = try section.required(key)
    let text = try value.string()
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else {
      throw value.error(
        "\(key) must be host:port, not \"\(text)\"", "For example 127.0.0.1:18789.")
    }
    return text
  }
}

extension WriterSpec {
  /// The paths that the runbook names.
  public static let standard = WriterSpec(
    infra: "/usr/local/share/openclaw-infra", ledger: "/var/db/openclaw/audit/promotions.jsonl",
    state: "/var/db/openclaw/sluice")
}
