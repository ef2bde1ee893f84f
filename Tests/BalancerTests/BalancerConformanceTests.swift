import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Testing

@Suite("What every balancer keeps to")
struct BalancerConformanceTests {
  @Test("the simulated one") func simulated() async throws {
    let fleet = Fleet.example()
    try await BalancerConformance(
      balancer: SimulatedBalancer(fleet: fleet, weights: .percent(0, generation: 0)),
      fleet: fleet, reset: {}
    ).check()
  }

  @Test(
    "one that cannot do everything",
    arguments: [
      [], [.oneMotion], [.eviction], [.unpins], [.generation],
      Set(BalancerCapability.allCases),
    ])
  func lesser(missing: Set<BalancerCapability>) async throws {
    let fleet = Fleet.example()
    let whole = SimulatedBalancer(fleet: fleet, weights: .percent(0, generation: 0))
    try await BalancerConformance(
      balancer: LesserBalancer(whole, without: missing), fleet: fleet, reset: {}
    ).check()
  }

  @Test(
    "the managed HAProxy",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)),
    arguments: PinnedClients.allCases)
  func managed(pinned: PinnedClients) async throws {
    try await Rig.prepared(pinned: pinned) { rig in
      try await BalancerConformance(
        balancer: rig.balancer, fleet: rig.fleet,
        reset: { _ = try await rig.balancer.ensureRunning() }
      ).check()
    }
  }
}
