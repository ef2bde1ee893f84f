import SluiceCore
import SluiceEngine
import SluicePorts

/// A balancer with the managed one's rules: fenced by epoch and generation, read back as it is.
public struct BalancerModel: Sendable {
  /// The balancer's faults, counted in requests, until the balancer is healed.
  struct Troubles: Sendable {
    var refusals = 0
    var lostAnswers = 0
    /// The balancer says yes and does nothing.
    var deafness = 0
    /// The balancer takes the share, and neither the pin epoch nor the generation.
    var halves = 0
    /// The balancer carries out a request a while after it said yes.
    var late: Int64?
    var isDown = false
    /// Its process was killed; a keeper or a controller that finds it dead starts it again.
    var isKilled = false
    var keeperIsDead = false
    /// Whatever it says.
    var deals: Share?
    /// Until then it does for every other session as if no tenant were pinned.
    var ignoresTenantsUntil: Int64 = 0
  }

  /// Whether arriving sessions find a running balancer.
  var runs: Bool { !troubles.isDown && !troubles.isKilled }

  /// The weights by which arriving sessions are dealt.
  var dealtShare: Share { troubles.deals ?? weights.share }

  public private(set) var weights: Weights
  private(set) var servers: [BalancerState.Server]
  /// Gateways that its own check finds up, and those that its keeper has it refuse all the same.
  private var answering: Set<HostName>
  private(set) var refused: Set<HostName> = []
  private var epoch = Epoch(0)
  private(set) var process: Int32 = 4_242
  var troubles = Troubles()
  /// Accepted, and not done yet.
  private(set) var pending: Weights?
  /// Every weights that ever took effect, in order.
  public private(set) var history: [Weights] = []
  public private(set) var evictions: [HostName] = []
  var effects: [(kind: Effect.Kind, epoch: Epoch)] = []

  init(fleet: Fleet, weights: Weights) {
    self.weights = weights
    servers = fleet.gateways.map {
      .init(host: $0.name, arm: $0.arm, isUp: true, isTakenOut: false, openSessions: 0)
    }
    answering = Set(servers.map(\.host))
  }

  var state: BalancerState {
    BalancerState(weights: weights, servers: servers, processID: process, upSeconds: 60)
  }

  /// The result of the balancer's own check of a gateway.
  mutating func note(_ host: HostName, isUp: Bool) {
    guard answering.contains(host) != isUp else { return }
    if isUp { answering.insert(host) } else { answering.remove(host) }
    decide(host)
  }

  /// The keeper's conclusions from the gateways' probes.
  mutating func admit(_ admission: Admission) {
    let hosts = Set(admission.refused.keys)
    guard hosts != refused else { return }
    refused = hosts
    for server in servers { decide(server.host) }
  }

  func isAnswering(_ host: HostName) -> Bool { answering.contains(host) }

  private mutating func decide(_ host: HostName) {
    guard let index = index(of: host) else { return }
    servers[index].isUp = answering.contains(host) && !refused.contains(host)
  }

  /// Long-lived sessions: they outlive a share.
  mutating func open(_ count: Int, on host: HostName) {
    if let index = index(of: host) { servers[index].openSessions += count }
  }

  mutating func close(on host: HostName) {
    guard let index = index(of: host), servers[index].openSessions > 0 else { return }
    servers[index].openSessions -= 1
  }

  mutating func hangUp(on host: HostName) {
    if let index = index(of: host) { servers[index].openSessions = 0 }
  }

  private func index(of host: HostName) -> Int? { servers.firstIndex { $0.host == host } }

  mutating func perform(
    _ request: BalancerRequest, epoch: Epoch
  ) throws(PortError) -> BalancerAnswer {
    if case .read = request {
      try answer()
      return .state(state)
    }
    try fence(epoch)
    start()
    try answer()
    self.epoch = epoch
    let count = try act(request, epoch)
    if troubles.lostAnswers > 0 {
      troubles.lostAnswers -= 1
      throw PortError(.unknown, "the balancer's answer was lost")
    }
    return count.map { .connections($0) } ?? .state(state)
  }

  private mutating func act(_ request: BalancerRequest, _ epoch: Epoch) throws(PortError) -> Int? {
    switch request {
    case .read: break
    case .apply(let wanted): try apply(wanted, epoch)
    case .takeOut(let host):
      guard let index = index(of: host) else { throw unknown(host) }
      servers[index].isTakenOut = true
      effects.append((.takenOut(host), epoch))
    case .giveBack(let host, _):
      guard let index = index(of: host) else { throw unknown(host) }
      // The proof of the give-back is newer than the probe, so the refusal ends.
      refused.remove(host)
      decide(host)
      guard isAnswering(host) else {
        throw PortError(.failed, "the balancer does not find \(host) up")
      }
      servers[index].isTakenOut = false
      effects.append((.givenBack(host), epoch))
    case .evict(let host):
      guard let index = index(of: host) else { throw unknown(host) }
      defer { hangUp(on: host) }
      evictions.append(host)
      effects.append((.evicted(host), epoch))
      return servers[index].openSessions
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

  /// An accepted request takes effect, unless a newer one did meanwhile.
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
    guard troubles.refusals > 0 || !runs else { return }
    troubles.refusals = max(0, troubles.refusals - 1)
    throw PortError(.unreachable, "the balancer does not answer")
  }

  private func unknown(_ host: HostName) -> PortError {
    PortError(.refused, "the balancer knows no \(host)")
  }

  // MARK: What a fault does to it

  /// A new process, which finds its weights on disk; sessions of the old one live on when that one
  /// does.
  mutating func restart(keepingSessions: Bool = false) {
    process += 1
    pending = nil
    admit(Admission())
    if keepingSessions { return }
    for index in servers.indices { servers[index].openSessions = 0 }
  }

  mutating func kill(withKeeper: Bool) {
    restart()
    troubles.isKilled = true
    if withKeeper { troubles.keeperIsDead = true }
  }

  /// Its keeper, or a controller's next call, starts it; then its keeper runs, too.
  mutating func start() {
    troubles.isKilled = false
    troubles.keeperIsDead = false
  }

  /// A new process, whose file named weights of the past.
  mutating func fallBack(to old: Weights) {
    restart()
    weights = old
  }

  /// Another program changes the share, and nothing else.
  mutating func setShare(_ share: Share) { weights.share = share }

  mutating func heal() {
    troubles = Troubles()
    catchUp()
  }
}

/// Where a new session may go, by arm.
struct Pools<Place: Sendable>: Sendable {
  var canaries: [Place] = []
  var stables: [Place] = []
  /// The hosts that were taken out of service and are to come back.
  var takenOut: [HostName] = []

  init() {}

  init(_ servers: [BalancerState.Server], place: (HostName) -> Place?) {
    for server in servers {
      if server.isTakenOut { takenOut.append(server.host) }
      guard server.isInService, let place = place(server.host) else { continue }
      if server.arm == .canary { canaries.append(place) } else { stables.append(place) }
    }
  }

  /// Which arm a new session goes to, by a draw of 0..<10000, and who serves it.
  func assign(draw: Int, pick: Int, share: Share) -> (
    arm: Arm, why: SessionRecord.Why, place: Place?
  ) {
    let isCanary = draw < share.basisPoints
    let places = isCanary && !canaries.isEmpty ? canaries : stables
    let place = places.isEmpty ? nil : places[pick % places.count]
    if isCanary, canaries.isEmpty { return (.stable, .failOpen, place) }
    return (isCanary ? .canary : .stable, .draw, place)
  }
}

extension Pools<HostName> {
  /// The hosts in service.
  init(_ state: BalancerState) { self.init(state.servers) { $0 } }
}
