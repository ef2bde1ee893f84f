import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A rollback that meets trouble")
struct RollbackTests {
  /// A fleet on 1.4.2 and the plan to take it back to 1.4.1, whose archive gives the canary 3 %.
  private func revert() async throws -> (world: SimulatedFleet, plan: Plan) {
    let old = ExampleFleet.release("1.4.1")
    let share = try #require(Share(basisPoints: 300))
    func fleet(_ release: Release) -> SimulatedFleet {
      SimulatedFleet(
        Examples.fleet(), runs: release, seed: 1, sessionsPerSecond: 20, qualities: [:],
        share: share)
    }
    let plan = try await ExampleFleet.plan(fleet(old), to: "1.4.2").revertPlan()
    let world = fleet(ExampleFleet.release("1.4.2"))
    for host in world.hosts.values { await host.keep(old) }
    return (world, plan)
  }

  private func start(_ engine: PromotionEngine, _ plan: Plan) -> Task<Promotion, any Error> {
    Task {
      try await engine.start(PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    }
  }

  @Test("a host that cannot be reached stays at no share, is named, and is brought back later")
  func unreachable() async throws {
    let (world, plan) = try await revert()
    let canary = try #require(world.hosts[Examples.canary])
    await canary.setReachable(false)
    let engine = Examples.engine(world)
    let run = start(engine, plan)
    let bound = ContinuousClock.now + .seconds(600)
    while await engine.current()?.phase != .rolledBackUnverified, ContinuousClock.now < bound {
      await Task.yield()
    }
    #expect(await engine.current()?.hosts[Examples.canary]?.fault?.contains("answer") == true)
    #expect(await world.balancer.history.allSatisfy { $0.share == .zero })
    await canary.setReachable(true)
    guard case .concluded(.rolledBack) = try await run.value.phase else {
      Issue.record("it did not end rolled back")
      return
    }
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
    #expect(await world.balancer.state.weights.share == plan.snapshot.weights.share)
    #expect(await world.balancer.outOfService.isEmpty)
    let violations = Invariants.check(
      plan: plan, ledger: await world.ledger.lines, effects: world.effects.effects)
    #expect(violations.isEmpty)
  }

  @Test("a promotion to the release that runs is refused")
  func sameRelease() async throws {
    let world = Examples.world()
    let promotion = try await Examples.promote(world, to: "1.4.1")
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(reasons.contains { $0.contains("runs v1.4.1 already") })
  }
}
