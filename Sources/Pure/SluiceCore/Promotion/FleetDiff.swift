/// Where the hosts of a fleet differ from one release, each difference with host, path and both
/// values. A pure function of the hosts' surveys.
public struct FleetDiff: Sendable, Hashable {
  /// The kind of the differing item.
  public enum Subject: String, Sendable, Hashable, Codable, CaseIterable {
    /// The lock in the infra checkout.
    case lock
    /// A changed file of the infra checkout.
    case checkout
    case link
    /// A slice's tree on the disk.
    case slice
    /// The release that the running process reports.
    case process
    case build
    /// The fragments of a tenant.
    case fragments
  }

  public struct Difference: Sendable, Hashable {
    public var host: HostName
    public var subject: Subject
    /// The file, link or directory; for a process, the gateway's address.
    public var path: String
    /// A version, or the first digits of a digest; `nothing` where nothing is.
    public var has: String
    public var wants: String
  }

  /// The lock that the hosts are compared with: that of the release, or of most gateways' checkouts.
  public let lock: ReleaseLock?
  public let lockDigest: Digest?
  /// By host, then by path.
  public let differences: [Difference]

  /// - Parameters:
  ///   - surveys: of the hosts that answered.
  ///   - release: to compare with; nil: the lock of most gateways.
  public init(_ fleet: Fleet, _ surveys: [HostName: HostSurvey], release: Release? = nil) {
    let reference = Self.reference(fleet, surveys)
    lock = release?.lock ?? reference?.lock
    lockDigest = release?.lockDigest ?? reference?.lockDigest
    var found: [Difference] = []
    for host in fleet.hosts {
      guard let survey = surveys[host.name] else { continue }
      found += survey.infra.dirty.map {
        Difference(
          host: host.name, subject: .checkout, path: "\(host.paths.infra)/\($0)",
          has: "another content", wants: "its commit's")
      }
      guard let digest = lockDigest, let lock else { continue }
      if survey.infra.lockDigest != digest {
        found.append(
          Difference(
            host: host.name, subject: .lock, path: "\(host.paths.infra)/openclaw.lock",
            has: Self.word(survey.infra), wants: "\(digest.short) (\(lock.skills.version))"))
      }
      if host.role == .gateway { found += Self.gateway(host, survey, lock) }
    }
    differences = found
  }

  /// The hosts that differ, by name.
  public var hosts: [HostName] { Set(differences.map(\.host)).sorted() }

  private static func word(_ infra: HostSurvey.Infra) -> String {
    guard let digest = infra.lockDigest else { return "nothing" }
    return digest.short + (infra.lock.map { " (\($0.skills.version))" } ?? "")
  }

  /// Of two locks with equally many gateways, that of the host whose name comes first.
  private static func reference(
    _ fleet: Fleet, _ surveys: [HostName: HostSurvey]
  ) -> HostSurvey.Infra? {
    let infras = fleet.gateways.map(\.name).sorted().compactMap { surveys[$0]?.infra }
      .filter { $0.lock != nil && $0.lockDigest != nil }
    var best: (infra: HostSurvey.Infra, count: Int)?
    for infra in infras {
      let count = infras.count { $0.lockDigest == infra.lockDigest }
      if count > best?.count ?? 0 { best = (infra, count) }
    }
    return best?.infra
  }

  private static func gateway(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    links(host, survey, lock) + slice(host, survey, lock) + process(host, survey, lock)
      + build(host, survey, lock) + fragments(host, survey, lock)
  }

  private static func links(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    let wanted = lock.skills.version
    var found: [Difference] = []
    if survey.links.current != wanted {
      found.append(
        Difference(
          host: host.name, subject: .link, path: "\(host.paths.skills)/current",
          has: survey.links.current
            ?? (survey.links.currentFault == nil ? "nothing" : "no link to a slice"),
          wants: wanted))
    }
    if let builds = survey.builds, builds.current != lock.openclaw.version {
      found.append(
        Difference(
          host: host.name, subject: .link, path: "\(host.paths.builds ?? "builds")/current",
          has: builds.current ?? "nothing", wants: lock.openclaw.version))
    }
    return found
  }

  private static func process(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    let marker = Marker(version: lock.skills.version, tree: lock.skills.tree)
    guard let gateway = survey.gateway else {
      return [
        Difference(
          host: host.name, subject: .process, path: host.gateway, has: "no answer",
          wants: marker.version)
      ]
    }
    var found: [Difference] = []
    if gateway.marker != marker {
      let has = gateway.marker.map {
        $0.version == marker.version ? "\($0.version), tree \($0.tree.short)" : $0.version
      }
      found.append(
        Difference(
          host: host.name, subject: .process, path: host.gateway,
          has: has ?? "no release that it reports",
          wants: "\(marker.version), tree \(marker.tree.short)"))
    }
    if gateway.version != lock.openclaw.version {
      found.append(
        Difference(
          host: host.name, subject: .process, path: host.gateway,
          has: "OpenClaw \(gateway.version)", wants: "OpenClaw \(lock.openclaw.version)"))
    }
    return found
  }

  /// Daemon and command line on the disk, where the host declares builds and the lock has digests.
  private static func build(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    guard let builds = survey.builds else { return [] }
    let (locked, path) = (
      lock.openclaw, "\(host.paths.builds ?? "builds")/\(lock.openclaw.version)"
    )
    guard let found = builds.build(locked.version)?.found else {
      return [
        Difference(host: host.name, subject: .build, path: path, has: "nothing", wants: "a build")
      ]
    }
    return [
      ("daemon", found.daemon, locked.daemon(on: found.platform)), ("cli", found.cli, locked.cli),
    ].compactMap { name, own, wanted in
      guard let wanted, own != wanted else { return nil }
      return Difference(
        host: host.name, subject: .build, path: path, has: "\(name) \(own?.short ?? "nothing")",
        wants: "\(name) \(wanted.short)")
    }
  }

  private static func fragments(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    Set(lock.tenants.keys).union(survey.tenants.keys).sorted().compactMap { tenant in
      let (has, wants) = (survey.tenants[tenant], lock.tenants[tenant])
      guard has != wants else { return nil }
      return Difference(
        host: host.name, subject: .fragments, path: "\(host.paths.tenants)/\(tenant)",
        has: has?.short ?? "nothing", wants: wants?.short ?? "nothing")
    }
  }
}
