import SluiceCore
import SluiceJudge
import Testing

@testable import SluiceSimulator

@Suite("Tenants whose sessions are seen elsewhere")
struct StrayTenantTests {
  private func stage(
    _ pinning: WorldCase.Pinning?, _ faults: [ScheduledFault]
  ) throws -> Tier1Stage {
    var origin = WorldCase(seed: 7)
    origin.tier = 1
    origin.tenant = pinning
    origin.faults = faults
    origin.healsAt = 200_000
    return Tier1Stage(try WorldSetup(origin)) { LimitJudge() }
  }

  private func ignored(from second: Int64, milliseconds: Int64) -> ScheduledFault {
    ScheduledFault(at: second * 1_000, .balancerIgnoresTenants(milliseconds: milliseconds))
  }

  @Test("a balancer that ignores the step's tenant holds the step, and the promotion goes back")
  func holds() throws {
    var stage = try stage(.firstStep, [ignored(from: 1, milliseconds: 199_000)])
    let first = try #require(stage.world.setup.plan.fleet.ramp.steps.first?.share)
    let report = stage.run()
    #expect(report.violations == [] && report.end == .rolledBack)
    #expect(stage.world.balancer.history.map(\.share).max() == first, "no step was widened")
    #expect(stage.world.traffic.answers.contains { $0.strays > 0 })
  }

  @Test("a fleet whose tenants are where they belong completes, and so does one that pins nobody")
  func completes() throws {
    var pinned = try stage(.firstStep, [])
    let report = pinned.run()
    #expect(report.violations == [] && report.end == .completed)
    #expect(pinned.world.traffic.told.contains { $0.tenant == ExampleFleet.tenant })
    #expect(pinned.world.traffic.answers.allSatisfy { $0.strays == 0 })
    var nobody = try stage(nil, [ignored(from: 1, milliseconds: 199_000)])
    #expect(nobody.run().end == .completed)
  }

  @Test("whenever it begins and ends, no step widens over a session that went elsewhere")
  func whenever() throws {
    for pinning in [WorldCase.Pinning.firstStep, .secondStep] {
      for second in stride(from: 1 as Int64, through: 60, by: 5) {
        var stage = try stage(pinning, [ignored(from: second, milliseconds: 6_000)])
        #expect(stage.run().violations == [], "\(pinning) at \(second) s")
      }
    }
  }
}
