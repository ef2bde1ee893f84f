import SluiceCore
import SluiceSimulator
import Testing

@Suite("Drills")
struct DrillTests {
  private static let day: Int64 = 86_400_000

  private func record(endedAt: Int64, recovery: Int64? = 6_200) -> DrillRecord {
    DrillRecord(
      purpose: .drillRollback, from: "v1.4.2", to: "v1.4.1", endedAtMilliseconds: endedAt,
      recoveryMilliseconds: recovery)
  }

  @Test("a fleet warns from its limit on, and without a drill; a fleet without a limit never does")
  func warning() throws {
    var fleet = ExampleFleet.fleet()
    #expect(fleet.drillWarning(last: nil, at: 0) == nil)
    #expect(fleet.drillWarning(last: record(endedAt: 0), at: 400 * Self.day) == nil)
    fleet.drillEveryMilliseconds = 30 * Self.day
    #expect(fleet.drillWarning(last: record(endedAt: 0), at: 30 * Self.day) == nil)
    let late = try #require(fleet.drillWarning(last: record(endedAt: 0), at: 41 * Self.day))
    #expect(
      late == "the last drill was 41 d ago, drill_every is 30 d. Drill:  sluice drill rollback")
    let none = try #require(fleet.drillWarning(last: nil, at: 0))
    #expect(none.hasPrefix("no drill is in the ledger."))
  }

  @Test("a drill is told with its age and its recovery time, also by a clock that went back")
  func sentence() {
    #expect(
      record(endedAt: 0).sentence(at: 3 * Self.day)
        == "canary to v1.4.1 and back to v1.4.2, 3 d ago; recovery took 6.2 s")
    #expect(
      record(endedAt: 10, recovery: nil).sentence(at: 0)
        == "canary to v1.4.1 and back to v1.4.2, 0 ms ago; recovery was not measured, because the "
        + "writer's machine restarted")
  }

  @Test("a rollback that restores the state is not drilled; a new release with another state is")
  func state() async throws {
    let world = ExampleFleet.world()
    var plan = try await ExampleFleet.plan(
      world, to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    func blockers() -> [String] {
      PlanCheck.blockers(of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: nil)
        .filter { $0.contains("sluice drill canary") }
    }
    #expect(blockers().isEmpty)
    plan.purpose = .drillCanary
    #expect(blockers().isEmpty && !plan.demands.isEmpty)
    plan.purpose = .drillRollback
    #expect(blockers().count == 1)
    plan.build = nil
    #expect(blockers().isEmpty)
  }

  @Test("a drill needs no spare stable gateway, because none of them swings")
  func floor() async throws {
    let world = ExampleFleet.world()
    var plan = try await ExampleFleet.plan(world, to: "1.4.2")
    plan.fleet.capacityFloor = plan.stables.count
    func isBlocked() -> Bool {
      PlanCheck.blockers(of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: nil)
        .contains { $0.contains("capacity_floor") }
    }
    #expect(isBlocked())
    plan.purpose = .drillCanary
    #expect(!isBlocked())
  }
}
