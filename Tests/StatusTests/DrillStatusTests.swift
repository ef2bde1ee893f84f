import SluiceCore
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("Drills of a fleet")
struct DrillStatusTests {
  private static let drill = PromotionID(rawValue: "p2")

  /// A completed promotion, then a drill of its rollback.
  private func world() async throws -> SimulatedFleet {
    let world = ExampleFleet.world()
    try await Worlds.promote(world, Worlds.id)
    var plan = try await ExampleFleet.plan(world, from: "1.4.2", to: "1.4.1")
    plan.purpose = .drillRollback
    let drill = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      Self.drill, plan: plan, actor: "ana", ticket: "OPS-312")
    // The simulated hosts take no time.
    #expect(drill.phase == .concluded(.drilled(recoveryMilliseconds: 0)))
    return world
  }

  @Test("a drill moves the canary there and back, and a rollback still returns from the promotion")
  func drill() async throws {
    let world = try await world()
    for host in world.hosts.values { #expect(await host.running.version == "1.4.2") }
    let replay = try Replay(await world.ledger.entries)
    #expect(replay.promotion?.id == Self.drill && replay.lastBesidesDrills == Worlds.id)
    #expect(replay.completed.map(\.id) == [Worlds.id])
    #expect(replay.lastDrill?.to == "v1.4.1" && replay.lastDrill?.purpose == .drillRollback)
    let swung = await world.ledger.entries.filter {
      $0.promotion == "p2" && $0.kind == .done(.swing)
    }
    #expect(swung.count == 2)
  }

  @Test("status shows the drill, and minds its age where the fleet has a limit")
  func status() async throws {
    let entries = await (try world()).ledger.entries
    let reading = try await LedgerReading.load(FixedLedger(entries: entries))
    var now = try #require(entries.last?.moment)
    var fleet = ExampleFleet.fleet()
    func status() -> FleetStatus { FleetStatus(reading, fleet: fleet, answers: nil, now: now) }
    #expect(status().drill?.sentence.hasPrefix("canary to v1.4.1 and back to v1.4.2") == true)
    #expect(status().drill?.severity == .plain && status().promotion?.severity == .good)
    now = Moment(
      wallMilliseconds: now.wallMilliseconds + 40 * 86_400_000,
      monotonicMilliseconds: now.monotonicMilliseconds, boot: now.boot)
    fleet.drillEveryMilliseconds = 30 * 86_400_000
    #expect(status().drill?.severity == .warning)
    #expect(status().drill?.sentence.contains("sluice drill rollback") == true)
    #expect(status().json["drill"]?["due"] == .bool(true))
    #expect(status().json["drill"]?["to"] == .string("v1.4.1"))
  }

  @Test("the story says that it is a drill, and ends with the recovery time")
  func story() async throws {
    var narrator = LedgerNarrator(Self.drill)
    var told: [StoryLine] = []
    for entry in await (try world()).ledger.entries { told += try narrator.take(entry) }
    #expect(told.first?.sentence.contains("drill of a rollback, at share 0") == true)
    let last = try #require(told.last)
    #expect(last.title == "DRILLED, verified on 3 of 3 hosts" && last.severity == .good)
    #expect(last.parts.contains { $0.hasPrefix("recovery took") })
  }
}
