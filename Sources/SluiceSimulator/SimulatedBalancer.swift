import SluiceCore
import SluicePorts

/// A balancer with the managed one's rules: fenced by epoch and generation, read back as it is.
public actor SimulatedBalancer: Balancer {
  private var weights: Weights
  private var servers: [BalancerState.Server]
  private var epoch = Epoch(0)
  private let effects: EffectLog
  private var process: Int32 = 4_242
  private var isDeaf = false
  private var deafness = 0
  private var refusals = 0
  private var answersToLose = 0
  /// Every weights that ever took effect, in order.
  public private(set) var history: [Weights] = []
  public private(set) var evictions: [HostName] = []

  public init(fleet: Fleet, weights: Weights, effects: EffectLog = EffectLog()) {
    self.effects = effects
    self.weights = weights
    servers = fleet.gateways.map {
      .init(host: $0.name, arm: $0.arm, isUp: true, isTakenOut: false, openSessions: 0)
    }
  }

  /// Says yes and does nothing.
  public func setDeaf(_ flag: Bool) { isDeaf = flag }
  public func setDeaf(requests: Int) { deafness = requests }
  public func refuseNext(_ count: Int) { refusals = count }
  public func loseAnswers(_ count: Int) { answersToLose = count }
  /// A new process, which finds its weights on disk.
  public func restart() {
    process += 1
    effects.note(state)
  }
  /// Somebody else changes the share, and nothing but the share.
  public func setShare(_ share: Share) {
    weights.share = share
    effects.note(state)
  }
  public var outOfService: [HostName] { state.servers.filter { !$0.isInService }.map(\.host) }

  public func read() throws(PortError) -> BalancerState {
    try answer()
    return state
  }

  /// As it is, whoever may ask.
  public var state: BalancerState {
    var servers = servers
    for index in servers.indices { servers[index].isUp = effects.serves(servers[index].host) }
    return BalancerState(weights: weights, servers: servers, processID: process, upSeconds: 60)
  }

  public func apply(_ wanted: Weights, epoch: Epoch) throws(PortError) -> BalancerState {
    try fence(epoch)
    guard wanted.generation >= weights.generation else {
      throw PortError(.refused, "generation \(wanted.generation) is older than what is set")
    }
    if deafness > 0 {
      deafness -= 1
    } else if !isDeaf, wanted != weights {
      weights = wanted
      history.append(wanted)
      show(.weights(wanted), epoch)
    }
    return try reply()
  }

  public func takeOut(_ host: HostName, epoch: Epoch) throws(PortError) -> BalancerState {
    try fence(epoch)
    try change(host) { $0.isTakenOut = true }
    show(.takenOut(host), epoch)
    return try reply()
  }

  public func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) throws(PortError)
    -> BalancerState
  {
    try fence(epoch)
    guard effects.serves(host) else {
      throw PortError(.failed, "the balancer does not find \(host) up")
    }
    try change(host) { $0.isTakenOut = false }
    show(.givenBack(host), epoch)
    return try reply()
  }

  public func evict(_ host: HostName, epoch: Epoch) throws(PortError) -> Int {
    try fence(epoch)
    try change(host) { _ in }
    evictions.append(host)
    return 0
  }

  private func show(_ kind: Effect.Kind, _ epoch: Epoch) {
    effects.note(state)
    effects.record(kind, epoch: epoch)
  }

  private func fence(_ epoch: Epoch) throws(PortError) {
    guard epoch >= self.epoch else {
      throw PortError(.fenced, "the balancer has seen epoch \(self.epoch), this is \(epoch)")
    }
    try answer()
    self.epoch = epoch
  }

  private func answer() throws(PortError) {
    guard refusals > 0 else { return }
    refusals -= 1
    throw PortError(.unreachable, "the balancer does not answer")
  }

  private func reply() throws(PortError) -> BalancerState {
    guard answersToLose > 0 else { return state }
    answersToLose -= 1
    throw PortError(.unknown, "the balancer's answer was lost")
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

extension BalancerState {
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
}
