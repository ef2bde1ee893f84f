import SluiceCore
import SluiceJSON
import SluicePorts

/// Every host's answers, piece by piece, and whether everything that Sluice needs works.
public struct FleetCheck: Sendable {
  public let hosts: [HostName: Result<HostCheck, PortError>]
  /// The balancer as it is read back, or why it is not.
  public let balancer: Result<BalancerState, PortError>
  /// The blockers of a promotion as the hosts stand now: the same that `plan` and preflight see.
  public let stops: [HostName: [String]]
  /// The release that placing was looked at for: the one that the writer's checkout is on.
  public let release: Release?
  /// Why the balancer's process has more rights than it needs; nil where it has not.
  public let unconfined: String?
  /// Where the hosts differ from the release of most gateways; nil: they were not compared.
  public let diff: FleetDiff?

  public init(
    hosts: [HostName: Result<HostCheck, PortError>], balancer: Result<BalancerState, PortError>,
    stops: [HostName: [String]] = [:], release: Release? = nil, unconfined: String? = nil,
    diff: FleetDiff? = nil
  ) {
    self.diff = diff
    self.unconfined = unconfined
    self.stops = stops
    self.release = release
    self.hosts = hosts
    self.balancer = balancer
  }

  // MARK: What follows from it

  /// Whether everything that Sluice needs works.
  public var isWell: Bool {
    guard case .success = balancer, stops.values.allSatisfy(\.isEmpty) else { return false }
    return hosts.values.allSatisfy(Self.works)
  }

  /// How many hosts are in order, and would not stop a promotion.
  public var goodHosts: Int {
    hosts.count { Self.works($0.value) && (stops[$0.key] ?? []).isEmpty }
  }

  /// How many hosts work, but gave an answer that a person should read.
  public var remarkedHosts: Int {
    hosts.values.count {
      if case .success(let check) = $0 { check.worst == .odd } else { false }
    }
  }

  private static func works(_ result: Result<HostCheck, PortError>) -> Bool {
    if case .success(let check) = result { check.worst != .fault } else { false }
  }

  /// The blockers on one host, without the host's name, which stands above them.
  public func stops(on host: HostName) -> [String] {
    let prefix = "\(host): "
    return (stops[host] ?? []).map { text -> String in
      text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    }
  }

  /// Hosts that say how long things take there, by name.
  public var timed: [HostCheck] {
    hosts.sorted { $0.key < $1.key }.compactMap {
      if case .success(let check) = $0.value { check } else { nil }
    }.filter { !$0.timings.isEmpty }
  }

  /// The meaning of a host's measured times for the limits in sluice.yaml.
  public func advice(on check: HostCheck, of fleet: Fleet) -> [String] {
    check.timings.advice(for: fleet).map { "\(check.host): \($0)" }
  }

  /// The document `sluice.check/1`.
  public func json(of fleet: Fleet) throws -> JSONValue {
    var values: [String: JSONValue] = [:]
    for (name, result) in hosts {
      switch result {
      case .success(let check): values[name.rawValue] = try CanonicalJSON.encode(check)
      case .failure(let error): values[name.rawValue] = ["error": .string(error.message)]
      }
    }
    let found = HostTimings.advice(onHoldsOf: fleet) + timed.flatMap { advice(on: $0, of: fleet) }
    let fault: JSONValue =
      if case .failure(let error) = balancer { .string(error.message) } else { .null }
    return [
      "schema": "sluice.check/1", "in_order": .bool(isWell), "hosts": .object(values),
      "balancer_fault": fault, "balancer_unconfined": unconfined.map { .string($0) } ?? .null,
      "stops": .object(
        Dictionary(
          uniqueKeysWithValues: stops.map { host, found in
            (host.rawValue, .array(found.map { .string($0) }))
          })),
      "release": release.map { .string($0.tag) } ?? .null,
      "differences": diff?.json ?? .null,
      "advice": .array(found.map { .string($0) }),
    ]
  }
}
