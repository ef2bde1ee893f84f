import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A balancer that cannot do everything")
struct LesserBalancerTests {
  private static let needless: [Set<BalancerCapability>] = [
    [.oneMotion], [.eviction], [.pins, .unpins], [.cohorts],
    [.oneMotion, .eviction, .pins, .unpins, .cohorts],
  ]

  private func run(
    without missing: Set<BalancerCapability>, bad: Bool = false, revert: Bool = false
  ) async throws -> (Promotion, SimulatedFleet) {
    let quality = Quality(errorPermille: 500, latencyMilliseconds: 150)
    let world = ExampleFleet.world(qualities: bad ? ["1.4.2": quality] : [:])
    var plan = try await ExampleFleet.plan(world, to: "1.4.2")
    var env = world.env { LimitJudge() }
    let balancer = LesserBalancer(env.balancer, without: missing)
    env.balancer = balancer
    plan.capabilities = balancer.capabilities.inPlan
    if revert { plan.purpose = .revert }
    let promotion = try await PromotionEngine(env: env).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    return (promotion, world)
  }

  @Test("a good release completes without what a promotion can do without", arguments: needless)
  func good(missing: Set<BalancerCapability>) async throws {
    let (promotion, _) = try await run(without: missing)
    #expect(promotion.phase == .concluded(.completed))
  }

  @Test("a bad release is taken back all the same", arguments: needless)
  func bad(missing: Set<BalancerCapability>) async throws {
    let (promotion, world) = try await run(without: missing, bad: true)
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await world.balancer.state.weights.share == .zero)
    let evictions = await world.ledger.lines.filter { $0.entry.kind == .intended(.evict) }
    #expect(evictions.isEmpty == missing.contains(.eviction))
  }

  @Test(
    "no promotion begins without what it needs, and nothing has moved",
    arguments: [
      (Set([BalancerCapability.sessionLog]), "logs no sessions"),
      (Set([.generation]), "keeps no generation"), (Set([.unpins]), "cannot let them go"),
    ])
  func refused(missing: Set<BalancerCapability>, word: String) async throws {
    let (promotion, world) = try await run(without: missing)
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(reasons.contains { $0.contains(word) && $0.contains("balancer.kind") })
    #expect(await world.balancer.history.isEmpty)
  }

  @Test("a rollback needs none of it", arguments: BalancerCapability.allCases)
  func rollback(missing: BalancerCapability) async throws {
    let (promotion, world) = try await run(without: [missing], revert: true)
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await world.balancer.state.weights.share == .zero)
  }
}
