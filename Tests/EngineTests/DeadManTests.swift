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

  /// A world whose writer dies at this moment, and stays away for longer than the canary waits.
  private func silent(at moment: Int64) throws -> Tier1Stage {
    var origin = WorldCase(seed: 3)
    origin.tier = 1
    origin.hasDeadMan = true
    origin.faults = [ScheduledFault(at: moment, .writerStaysAway(milliseconds: 200_000))]
    origin.healsAt = moment + 210_000
    return Tier1Stage(try WorldSetup(origin)) { LimitJudge() }
  }

  private func isOwn(_ effect: Effect) -> Bool { effect.kind.operation?.armedBy != nil }

  @Test("a canary whose writer stays away goes back by itself, and its successor rolls back")
  func silence() throws {
    var acts = 0
    for second in 1...20 as ClosedRange<Int64> {
      var stage = try silent(at: second * 1_000)
      let report = stage.run()
      #expect(report.violations == [], "second \(second)")
      guard stage.world.effects.effects.contains(where: isOwn) else { continue }
      acts += 1
      #expect(report.end == .rolledBack, "second \(second)")
    }
    // Before the canary is armed and after it was disarmed nothing happens.
    #expect(acts > 0 && acts < 20)
  }

  @Test("an agent that goes back on a word that a newer writer took back breaks an invariant")
  func staleWord() throws {
    for second in 1...20 as ClosedRange<Int64> {
      var stage = try silent(at: second * 1_000)
      _ = stage.run()
      var effects = stage.world.effects.effects
      guard let index = effects.firstIndex(where: isOwn) else { continue }
      let plan = stage.world.setup.plan
      #expect(Invariants.check(plan: plan, history: stage.history, effects: effects) == [])
      effects[index].epoch = Epoch(0)
      let found = Invariants.check(plan: plan, history: stage.history, effects: effects)
      #expect(found.map(\.number).contains(36))
      return
    }
    Issue.record("no agent acted")
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
