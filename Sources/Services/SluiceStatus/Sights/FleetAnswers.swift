import SluiceCore
import SluiceJSON
import SluicePorts

/// The present answers of the hosts, the balancer and its process.
public struct FleetAnswers: Sendable {
  public let hosts: [HostName: Result<MergedProbe, PortError>]
  /// The balancer as it reads back now, or why it does not; nil when it was not asked.
  public let balancer: Result<BalancerState, PortError>?
  /// The balancer's process and its keeper; nil when nobody asked.
  public let door: DoorSight?
  /// The hosts whose agents are another version of Sluice than the writer.
  public var versions: [HostName: VersionDifference]

  public init(
    hosts: [HostName: Result<MergedProbe, PortError>],
    balancer: Result<BalancerState, PortError>? = nil, door: DoorSight? = nil,
    versions: [HostName: VersionDifference] = [:]
  ) {
    self.versions = versions
    self.hosts = hosts
    self.balancer = balancer
    self.door = door
  }

  /// Whether every host answered, and none fails.
  public var isWell: Bool {
    hosts.values.allSatisfy {
      if case .success(let probe) = $0 { probe.status != .fail } else { false }
    }
  }
}

extension FleetAnswers {
  /// The document `sluice.probes/1`.
  public func json() throws -> JSONValue {
    var hosts: [String: JSONValue] = [:]
    for (host, answer) in self.hosts {
      switch answer {
      case .success(let probe): hosts[host.rawValue] = try CanonicalJSON.encode(probe)
      case .failure(let error): hosts[host.rawValue] = ["error": .string(error.message)]
      }
    }
    return ["schema": "sluice.probes/1", "hosts": .object(hosts)]
  }
}
