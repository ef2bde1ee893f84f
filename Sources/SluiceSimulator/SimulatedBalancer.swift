import SluiceCore
import SluicePorts

/// A balancer with the managed one's rules: fenced by epoch and generation, read back as it is.
public actor SimulatedBalancer: Balancer {
  private var weights: Weights
  private var servers: [BalancerState.Server]
  private var epoch = Epoch(0)
  private var isDeaf = false
  private var refusals = 0
  /// Every weights that ever took effect, in order.
  public private(set) var history: [Weights] = []
  public private(set) var evictions: [HostName] = []

  public init(fleet: Fleet, weights: Weights) {
    self.weights = weights
    servers = fleet.gateways.map {
      .init(host: $0.name, arm: $0.arm, isUp: true, isTakenOut: false, openSessions: 0)
    }
  }

  /// Says yes and does nothing.
  public func setDeaf(_ flag: Bool) { isDeaf = flag }
  public func refuseNext(_ count: Int) { refusals = count }
  public var outOfService: [HostName] { servers.filter { !$0.isInService }.map(\.host) }

  public func read() -> BalancerState {
    BalancerState(weights: weights, servers: servers, processID: 4_242, upSeconds: 60)
  }

  public func apply(_ wanted: Weights, epoch: Epoch) throws(PortError) -> BalancerState {
    try fence(epoch)
    guard wanted.generation >= weights.generation else {
      throw PortError(.refused, "generation \(wanted.generation) is older than what is set")
    }
    if !isDeaf, wanted != weights {
      weights = wanted
      history.append(wanted)
    }
    return read()
  }

  public func takeOut(_ host: HostName, epoch: Epoch) throws(PortError) -> BalancerState {
    try fence(epoch)
    try change(host) { $0.isTakenOut = true }
    return read()
  }

  public func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) throws(PortError)
    -> BalancerState
  {
    try fence(epoch)
    try change(host) { $0.isTakenOut = false }
    return read()
  }

  public func evict(_ host: HostName, epoch: Epoch) throws(PortError) -> Int {
    try fence(epoch)
    evictions.append(host)
    return 0
  }

  /// Which arm a new session goes to, by a draw of 0..<10000, and who serves it.
  func assign(draw: Int, pick: Int) -> (arm: Arm, why: SessionRecord.Why, host: HostName?) {
    let canaries = servers.filter { $0.arm == .canary && $0.isInService }
    let stables = servers.filter { $0.arm == .stable && $0.isInService }
    let isCanary = draw < weights.share.basisPoints
    if isCanary, canaries.isEmpty {
      return (.stable, .failOpen, stables.isEmpty ? nil : stables[pick % stables.count].host)
    }
    let pool = isCanary ? canaries : stables
    return (isCanary ? .canary : .stable, .draw, pool.isEmpty ? nil : pool[pick % pool.count].host)
  }

  var generation: Int64 { weights.generation }

  private func fence(_ epoch: Epoch) throws(PortError) {
    guard epoch >= self.epoch else {
      throw PortError(.fenced, "the balancer has seen epoch \(self.epoch), this is \(epoch)")
    }
    if refusals > 0 {
      refusals -= 1
      throw PortError(.unreachable, "the balancer does not answer")
    }
    self.epoch = epoch
  }

  private func change(_ host: HostName, _ body: (inout BalancerState.Server) -> Void)
    throws(PortError)
  {
    guard let index = servers.firstIndex(where: { $0.host == host }) else {
      throw PortError(.refused, "the balancer knows no \(host)")
    }
    body(&servers[index])
  }
}
