import SluiceCore
import SluiceSimulator
import Testing

@Suite("Whether a plan may be run")
struct PlanReadinessTests {
  private static let lifetime = Plan.lifetimeMilliseconds
  private static let skew = Plan.clockSkewMilliseconds

  private func plan(openclaw: ReleaseLock.OpenClaw = ExampleFleet.build) async throws -> Plan {
    try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2", openclaw: openclaw)
  }

  @Test("a plan is good for half an hour, by a clock that agrees with its own")
  func age() async throws {
    let plan = try await plan()
    let made = plan.madeAtMilliseconds
    #expect(plan.staleness(at: made) == nil)
    #expect(plan.staleness(at: made + Self.lifetime - 1) == nil)
    #expect(
      plan.staleness(at: made + Self.lifetime) == .tooOld(ageMilliseconds: Self.lifetime))
    #expect(plan.staleness(at: made - Self.skew) == nil)
    #expect(plan.staleness(at: made - Self.skew - 1) == .fromTheFuture)
    #expect(plan.staleness(at: .max) != nil && plan.staleness(at: .min) == .fromTheFuture)
  }

  @Test("what stands in the way comes first, then what went stale, then what a person must accept")
  func order() async throws {
    let plan = try await plan(openclaw: ExampleFleet.newerBuild)
    let made = plan.madeAtMilliseconds
    var other = plan.fleet
    other.capacityFloor += 1
    func readiness(_ blockers: [String], _ fleet: Fleet, _ approval: Approval?, _ now: Int64)
      -> PlanReadiness
    {
      plan.readiness(blockers: blockers, fleet: fleet, approval: approval, at: now)
    }
    let late = made + Self.lifetime
    #expect(readiness(["a", "b"], other, nil, late) == .blocked("a"))
    #expect(
      readiness([], other, nil, late) == .stale(.tooOld(ageMilliseconds: Self.lifetime)))
    #expect(readiness([], other, nil, made) == .stale(.otherFleet))
    guard case .waitsForPerson(let fault) = readiness([], plan.fleet, nil, made) else {
      Issue.record("nobody was asked")
      return
    }
    #expect(fault == plan.faultOfApproval(nil))
    let approval = try ExampleFleet.approval(of: plan)
    #expect(readiness([], plan.fleet, approval, made) == .ready)
  }

  @Test("a plan that demands nothing needs nobody")
  func simple() async throws {
    let plan = try await plan()
    let now = plan.madeAtMilliseconds
    #expect(plan.readiness(blockers: [], fleet: plan.fleet, approval: nil, at: now) == .ready)
  }

  @Test("what reading the fleet came to")
  func outlook() {
    let (old, new) = (ExampleFleet.release("1.4.1"), ExampleFleet.release("1.4.2"))
    func outlook(
      busy: Bool = false, from: Release? = old, to: Release = new, plan: Bool = true,
      blockers: [String] = []
    ) -> PlanOutlook {
      PlanOutlook(isBusy: busy, from: from, to: to, hasPlan: plan, blockers: blockers)
    }
    #expect(outlook() == .runnable)
    #expect(outlook(blockers: ["a host is silent"]) == .blocked)
    #expect(outlook(from: nil, plan: false) == .blocked)
    #expect(outlook(from: new, plan: false) == .isThereAlready)
    #expect(outlook(from: new, blockers: ["a host is silent"]) == .blocked)
    #expect(outlook(busy: true, blockers: ["another promotion is under way"]) == .busy)
  }

  @Test("how long it takes: holds and bake; at most every deadline, too")
  func duration() async throws {
    let fleet = ExampleFleet.fleet()
    let plain = PlanDuration(fleet: fleet, build: nil)
    // Three holds of 20 s and 5 s of baking.
    #expect(plain.usualMilliseconds == 65_000)
    // Four deadlines of 120 s; five swings of 30 s to drain and twice 60 s to start.
    #expect(plain.longestMilliseconds == 65_000 + 480_000 + 750_000)
    let build = try #require(try await plan(openclaw: ExampleFleet.newerBuild).build)
    let longer = PlanDuration(fleet: fleet, build: build)
    #expect(longer.usualMilliseconds == plain.usualMilliseconds)
    #expect(
      longer.longestMilliseconds
        == plain.longestMilliseconds + 5 * StateMove.allowanceMilliseconds)
  }
}
