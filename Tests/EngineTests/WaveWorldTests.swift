import SluiceCore
import SluiceJudge
import SluiceSimulator
import Testing

@Suite("Worlds of a fleet that is mirrored in waves")
struct WaveWorldTests {
  private static var fleet: Fleet {
    var fleet = WorldSetup.usualFleet
    fleet.hosts = [ExampleFleet.host(ExampleFleet.canary, .canary)]
    for index in 0..<9 {
      var host = ExampleFleet.host(HostName("s-\(index)"), .stable)
      host.zone = ["a", "b", "c"][index % 3]
      fleet.hosts.append(host)
    }
    fleet.capacityFloor = 4
    fleet.zoneFloor = 1
    fleet.mirrorAtOnce = 5
    return fleet
  }

  @Test("a good release is mirrored in two waves, which swing together")
  func good() async throws {
    let fleet = Self.fleet
    #expect(fleet.mirrorWaves.map(\.count) == [5, 4])
    let world = ExampleFleet.world(fleet: fleet)
    let promotion = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: try await ExampleFleet.plan(world, to: "1.4.2"),
      actor: "ana", ticket: "OPS-311")
    #expect(promotion.phase == .concluded(.completed))
    for host in world.hosts.values { #expect(await host.running.version == "1.4.2") }
  }

  @Test("no fault makes a wave break a floor", arguments: Simulation.Tier.allCases)
  func faults(tier: Simulation.Tier) async throws {
    let simulation = Simulation(
      worlds: 1, tier: tier, preset: .all, fleet: Self.fleet
    ) { LimitJudge() }
    var ends: Set<WorldReport.End> = []
    for seed in 1...40 as ClosedRange<UInt64> {
      let report = await simulation.run(try simulation.setup(seed: seed))
      #expect(report.violations.map(\.description) == [], "seed \(seed)")
      ends.insert(report.end)
    }
    #expect(ends.contains(.completed) && ends.contains(.rolledBack))
  }
}
