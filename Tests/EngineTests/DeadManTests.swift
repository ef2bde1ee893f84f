import SluiceCore
import SluiceJudge
import Testing

@testable import SluiceSimulator

@Suite("Promotions with a dead man, among faults")
struct DeadManTests {
  private func stage(_ origin: WorldCase) throws -> Tier1Stage {
    var fleet = WorldSetup.usualFleet
    fleet.swing.deadManMilliseconds = fleet.swing.leastDeadMan
    return Tier1Stage(try WorldSetup(origin, fleet: fleet)) { LimitJudge() }
  }

  @Test("a calm promotion completes, and its host was disarmed once")
  func calm() throws {
    var origin = WorldCase(seed: 3)
    origin.tier = 1
    var stage = try stage(origin)
    let report = stage.run()
    #expect(report.violations == [] && report.end == .completed)
    let host = try #require(stage.world.hosts[ExampleFleet.canary])
    let disarmed = host.records.values.filter { $0.record.report == .disarmed }
    #expect(disarmed.count == 1)
  }

  @Test("a share that rises without a disarming breaks an invariant")
  func checker() throws {
    var origin = WorldCase(seed: 3)
    origin.tier = 1
    var stage = Tier1Stage(try WorldSetup(origin)) { LimitJudge() }
    #expect(stage.run().end == .completed)
    var plan = stage.world.setup.plan
    let effects = stage.world.effects.effects
    #expect(Invariants.check(plan: plan, history: stage.history, effects: effects) == [])
    plan.fleet.swing.deadManMilliseconds = 900_000
    let found = Invariants.check(plan: plan, history: stage.history, effects: effects)
    // 8 as well: the ledger is one of another plan.
    #expect(Set(found.map(\.number)) == [8, 36])
  }

  @Test("whatever fails, each world ends, and no invariant is broken")
  func faults() throws {
    for seed in 0..<120 as Range<UInt64> {
      var origin = WorldCase.drawn(
        seed: seed, hosts: ExampleFleet.fleet().gateways.map(\.name), preset: .all)
      origin.tier = 1
      var stage = try stage(origin)
      #expect(stage.run().violations == [], "seed \(seed)")
    }
  }
}
