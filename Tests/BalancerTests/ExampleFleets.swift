import SluiceCore
import SluiceSimulator

extension Fleet {
  /// The simulator's fleet of three, with addresses of this machine.
  static func example(
    directory: String = "/run/sluice/lb", bind: String = "127.0.0.1:18080",
    pinned: PinnedClients = .wait,
    ports: [HostName: UInt16] = ["mac-a": 1, "mac-b": 2, "mac-c": 3]
  ) -> Fleet {
    var fleet = ExampleFleet.fleet()
    fleet.haproxy.directory = directory
    fleet.haproxy.bind = bind
    fleet.haproxy.pinned = pinned
    fleet.haproxy.cohorts = ["Acme": .canary, "globex": .stable]
    // Tests stand where a front would.
    fleet.haproxy.front = BalancerFront(addresses: ["127.0.0.1"])
    fleet.haproxy.showsArm = true
    fleet.haproxy.hasLocalClients = true
    for index in fleet.hosts.indices {
      let address = "127.0.0.1:\(ports[fleet.hosts[index].name] ?? 0)"
      fleet.hosts[index].gateway = address
      fleet.hosts[index].probe = address
    }
    return fleet
  }
}

extension Fleet {
  var haproxy: HAProxySpec {
    get {
      switch balancer {
      case .managed(let spec): spec
      }
    }
    set { balancer = .managed(newValue) }
  }
}

extension HostName: ExpressibleByStringLiteral {
  public init(stringLiteral value: String) { self.init(value) }
}
