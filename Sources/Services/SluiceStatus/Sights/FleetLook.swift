import SluiceCore
import SluiceJSON
import SluicePorts

/// What every host's agent says of it now.
public struct FleetLook: Sendable {
  public let answers: [HostName: Result<MergedProbe, PortError>]
  /// The balancer as it reads back now, or why it does not; nil when it was not asked.
  public let balancer: Result<BalancerState, PortError>?
  /// Its process and keeper; nil when nobody looked.
  public let door: DoorSight?

  public init(
    answers: [HostName: Result<MergedProbe, PortError>],
    balancer: Result<BalancerState, PortError>? = nil, door: DoorSight? = nil
  ) {
    self.answers = answers
    self.balancer = balancer
    self.door = door
  }

  /// Whether every host answered, and none fails.
  public var isWell: Bool {
    answers.values.allSatisfy {
      if case .success(let probe) = $0 { probe.status != .fail } else { false }
    }
  }
}

extension FleetLook {
  /// The document `sluice.probes/1`.
  public func json() throws -> JSONValue {
    var hosts: [String: JSONValue] = [:]
    for (host, answer) in answers {
      switch answer {
      case .success(let probe): hosts[host.rawValue] = try CanonicalJSON.encode(probe)
      case .failure(let error): hosts[host.rawValue] = ["error": .string(error.message)]
      }
    }
    return ["schema": "sluice.probes/1", "hosts": .object(hosts)]
  }
}
