import SluiceCore
import SluicePorts

/// What a writer may ask of the balancer.
enum BalancerRequest: Sendable, Hashable {
  case read
  case apply(Weights)
  case takeOut(HostName)
  case giveBack(HostName)
  case evict(HostName)
}

enum BalancerAnswer: Sendable {
  case state(BalancerState)
  case connections(Int)
}

/// A balancer with the managed one's rules: fenced by epoch and generation, read back as it is.
public struct BalancerModel: Sendable {
  /// What goes wrong with it, counted in requests, until it is healed.
  struct Troubles: Sendable {
    var refusals = 0
    var lostAnswers = 0
    /// It says yes and does nothing.
    var deafness = 0
    /// It takes the share, and neither the pin epoch nor the generation.
    var halves = 0
    /// It does as it was told a while after it said yes.
    var late: Int64?
    var isDown = false
  }

  public private(set) var weights: Weights
  private var servers: [BalancerState.Server]
  private var epoch = Epoch(0)
  private var process: Int32 = 4_242
  var troubles = Troubles()
  /// Accepted, and not done yet.
  private(set) var pending: Weights?
  /// Every weights that ever took effect, in order.
  public private(set) var history: [Weights] = []
  public private(set) var evictions: [HostName] = []
  /// Long-lived sessions by host: they outlive a share.
  var sessions: [HostName: Int] = [:]
  var effects: [(kind: Effect.Kind, epoch: Epoch)] = []

  init(fleet: Fleet, weights: Weights) {
    self.weights = weights
    servers = fleet.gateways.map {
      .init(host: $0.name, arm: $0.arm, isUp: true, isTakenOut: false, openSessions: 0)
    }
  }

  func state(serves: (HostName) -> Bool) -> BalancerState {
    var servers = servers
    for index in servers.indices {
      let host = servers[index].host
      servers[index].isUp = serves(host)
      servers[index].openSessions = sessions[host] ?? 0
    }
    return BalancerState(weights: weights, servers: servers, processID: process, upSeconds: 60)
  }

  mutating func perform(
    _ request: BalancerRequest, epoch: Epoch, serves: (HostName) -> Bool
  ) throws(PortError) -> BalancerAnswer {
    if case .read = request {
      try answer()
      return .state(state(serves: serves))
    }
    try fence(epoch)
    try answer()
    self.epoch = epoch
    let count = try act(request, epoch, serves)
    if troubles.lostAnswers > 0 {
      troubles.lostAnswers -= 1
      throw PortError(.unknown, "the balancer's answer was lost")
    }
    return count.map { .connections($0) } ?? .state(state(serves: serves))
  }

  private mutating func act(
    _ request: BalancerRequest, _ epoch: Epoch, _ serves: (HostName) -> Bool
  ) throws(PortError) -> Int? {
    switch request {
    case .read: break
    case .apply(let wanted): try apply(wanted, epoch)
    case .takeOut(let host):
      try change(host) { $0.isTakenOut = true }
      effects.append((.takenOut(host), epoch))
    case .giveBack(let host):
      guard servers.contains(where: { $0.host == host }) else { throw unknown(host) }
      guard serves(host) else {
        throw PortError(.failed, "the balancer does not find \(host) up")
      }
      try change(host) { $0.isTakenOut = false }
      effects.append((.givenBack(host), epoch))
    case .evict(let host):
      try change(host) { _ in }
      evictions.append(host)
      effects.append((.evicted(host), epoch))
      return sessions.removeValue(forKey: host) ?? 0
    }
    return nil
  }

  private mutating func apply(_ wanted: Weights, _ epoch: Epoch) throws(PortError) {
    guard wanted.generation >= weights.generation else {
      throw PortError(.refused, "generation \(wanted.generation) is older than what is set")
    }
    if troubles.deafness > 0 {
      troubles.deafness -= 1
    } else if troubles.halves > 0 {
      troubles.halves -= 1
      weights.share = wanted.share
      effects.append((.fault("the balancer took the share \(wanted.share) alone"), Epoch(0)))
    } else if troubles.late != nil, wanted != weights {
      pending = wanted
    } else {
      set(wanted, epoch)
    }
  }

  private mutating func set(_ wanted: Weights, _ epoch: Epoch) {
    pending = nil
    guard wanted != weights else { return }
    weights = wanted
    history.append(wanted)
    effects.append((.weights(wanted), epoch))
  }

  /// What it had accepted takes effect, unless something newer did meanwhile.
  mutating func catchUp() {
    guard let pending, pending.generation >= weights.generation else { return self.pending = nil }
    set(pending, epoch)
  }

  private func fence(_ epoch: Epoch) throws(PortError) {
    guard epoch >= self.epoch else {
      throw PortError(.fenced, "the balancer has seen epoch \(self.epoch), this is \(epoch)")
    }
  }

  private mutating func answer() throws(PortError) {
    guard troubles.refusals > 0 || troubles.isDown else { return }
    troubles.refusals = max(0, troubles.refusals - 1)
    throw PortError(.unreachable, "the balancer does not answer")
  }

  private func unknown(_ host: HostName) -> PortError {
    PortError(.refused, "the balancer knows no \(host)")
  }

  private mutating func change(_ host: HostName, _ body: (inout BalancerState.Server) -> Void)
    throws(PortError)
  {
    guard let index = servers.firstIndex(where: { $0.host == host }) else { throw unknown(host) }
    body(&servers[index])
  }

  // MARK: What a fault does to it

  /// A new process, which finds its weights on disk; sessions of the old one live on when that one
  /// does.
  mutating func restart(keepingSessions: Bool = false) {
    process += 1
    pending = nil
    if !keepingSessions { sessions = [:] }
  }

  /// A new process, whose file named weights of the past.
  mutating func fallBack(to old: Weights) {
    restart()
    weights = old
  }

  /// Somebody else changes the share, and nothing but the share.
  mutating func setShare(_ share: Share) { weights.share = share }

  mutating func heal() {
    troubles = Troubles()
    catchUp()
  }
}

extension BalancerState {
  /// The hosts in service, by arm.
  var pools: (canaries: [HostName], stables: [HostName]) {
    (
      servers.filter { $0.arm == .canary && $0.isInService }.map(\.host),
      servers.filter { $0.arm == .stable && $0.isInService }.map(\.host)
    )
  }

  /// Which arm a new session goes to, by a draw of 0..<10000, and who serves it.
  func assign(
    draw: Int, pick: Int, among pools: (canaries: [HostName], stables: [HostName])
  ) -> (arm: Arm, why: SessionRecord.Why, host: HostName?) {
    let isCanary = draw < weights.share.basisPoints
    let hosts = isCanary && !pools.canaries.isEmpty ? pools.canaries : pools.stables
    let host = hosts.isEmpty ? nil : hosts[pick % hosts.count]
    if isCanary, pools.canaries.isEmpty { return (.stable, .failOpen, host) }
    return (isCanary ? .canary : .stable, .draw, host)
  }
}
