import SluiceCore
import SluiceYAML

/// `sluice.yaml`, read strictly: every unknown key, double name and impossible value is an error
/// with its place and a remedy. `docs/sluice.yaml` shows every key.
public enum FleetFile {
  /// Thirty days, in milliseconds.
  static let longestHold: Int64 = 30 * 86_400_000
  /// A year, in milliseconds.
  private static let longestDrillLimit: Int64 = 366 * 86_400_000

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
    let retention = try RetentionSection.read(root.optional("retention"))
    let atOnce = try root.optional("mirror_at_once")?.integer(in: 1...max(1, stables - floor))
    let zoneFloor = try HostSection.zoneFloor(root.optional("zone_floor"), hosts)
    let drillEvery = try root.optional("drill_every")?.duration(in: 3_600_000...longestDrillLimit)
    let tryBuild = try PolicySections.tryBuild(root.optional("try_build"))
    try root.finish()
    var fleet = Fleet(
      name: name, writer: writer, hosts: hosts, balancer: balancer, ramp: ramp, judge: judge,
      probe: probe, swing: swing, capacityFloor: floor, bakeMilliseconds: bake,
      probeFrom: probeFrom,
      signedTags: signedTags, retention: retention)
    fleet.drillEveryMilliseconds = drillEvery
    fleet.mirrorAtOnce = atOnce
    fleet.zoneFloor = zoneFloor
    fleet.tryBuild = tryBuild
    return fleet
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
    switch kind {
    case .managed: return .managed(try HAProxySection.read(section, writer: writer))
    }
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
    try address(section.required(key), key)
  }

  static func address(_ value: YAMLValue, _ key: String) throws(YAMLError) -> String {
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
