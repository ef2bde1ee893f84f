import SluiceCore
import SluicePorts

/// A balancer that cannot do everything, and says so: what it is asked for beyond that it refuses.
actor LesserBalancer: Balancer {
  nonisolated let capabilities: BalancerCapabilities
  private let balancer: any Balancer

  init(_ balancer: any Balancer, without missing: Set<BalancerCapability>) {
    self.balancer = balancer
    capabilities = .all(but: missing)
  }

  func read() async throws(PortError) -> BalancerState { seen(try await balancer.read()) }

  func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
    let now = try await balancer.read().weights
    var told = weights
    if !capabilities.contains(.unpins) { told.pinEpoch = now.pinEpoch }
    if !capabilities.contains(.generation) { told.generation = now.generation + 1 }
    guard
      capabilities.contains(.oneMotion) || told.share == now.share
        || told.pinEpoch == now.pinEpoch
    else { throw refusal("share and pins in one motion") }
    return seen(try await balancer.apply(told, epoch: epoch))
  }

  func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
    seen(try await balancer.takeOut(host, epoch: epoch))
  }

  func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
    -> BalancerState
  {
    seen(try await balancer.giveBack(host, epoch: epoch, deadline: deadline))
  }

  func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
    guard capabilities.contains(.eviction) else { throw refusal("an eviction") }
    return try await balancer.evict(host, epoch: epoch)
  }

  /// The state without the members that this balancer does not keep.
  private func seen(_ state: BalancerState) -> BalancerState {
    var state = state
    if !capabilities.contains(.unpins) { state.weights.pinEpoch = 1 }
    if !capabilities.contains(.generation) { state.weights.generation = 0 }
    return state
  }

  private func refusal(_ what: String) -> PortError {
    PortError(.refused, "the balancer cannot do \(what)")
  }
}
