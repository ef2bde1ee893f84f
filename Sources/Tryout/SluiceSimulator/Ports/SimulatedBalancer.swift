import SluiceCore
import SluiceEngine
import SluicePorts

/// The balancer behind its port, answering at once: for tests that have no world around it.
public actor SimulatedBalancer: Balancer {
  private var model: BalancerModel
  private let effects: EffectLog

  public init(fleet: Fleet, weights: Weights, effects: EffectLog = EffectLog()) {
    model = BalancerModel(fleet: fleet, weights: weights)
    self.effects = effects
    effects.note(model.state)
  }

  public nonisolated var capabilities: BalancerCapabilities { .all }
  /// Says yes and does nothing.
  public func setDeaf(_ flag: Bool) { model.troubles.deafness = flag ? .max : 0 }
  /// Every weights that ever took effect, in order.
  public var history: [Weights] { model.history }
  public var evictions: [HostName] { model.evictions }
  public var outOfService: [HostName] { state.servers.filter { !$0.isInService }.map(\.host) }
  /// The present state, independent of the caller.
  public var state: BalancerState {
    check()
    return model.state
  }

  private func check() {
    for server in model.state.servers {
      model.note(server.host, isUp: effects.serves(server.host))
    }
  }

  public func read() throws(PortError) -> BalancerState { try ask(.read, Epoch(0)) }

  public func apply(_ weights: Weights, epoch: Epoch) throws(PortError) -> BalancerState {
    try ask(.apply(weights), epoch)
  }

  public func takeOut(_ host: HostName, epoch: Epoch) throws(PortError) -> BalancerState {
    try ask(.takeOut(host), epoch)
  }

  public func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) throws(PortError)
    -> BalancerState
  {
    try ask(.giveBack(host, deadline: deadline.wholeMilliseconds), epoch)
  }

  public func evict(_ host: HostName, epoch: Epoch) throws(PortError) -> Int {
    guard case .connections(let count) = try perform(.evict(host), epoch) else { return 0 }
    return count
  }

  private func ask(_ request: BalancerRequest, _ epoch: Epoch) throws(PortError) -> BalancerState {
    _ = try perform(request, epoch)
    return state
  }

  private func perform(_ request: BalancerRequest, _ epoch: Epoch) throws(PortError)
    -> BalancerAnswer
  {
    defer {
      effects.note(state)
      for effect in model.effects { effects.record(effect.kind, epoch: effect.epoch) }
      model.effects = []
    }
    check()
    return try model.perform(request, epoch: epoch)
  }
}
