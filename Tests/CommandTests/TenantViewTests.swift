import SluiceCore
import SluiceController
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluiceSimulator
import SluiceStatus
import Testing

@testable import SluiceCommands

@Suite("What an operator reads of tenants")
struct TenantViewTests {
  /// All of acme's sessions, and few of the others.
  private static var figures: Regex<(Substring, Substring, Substring)> {
    /acme: ([\d,]+) of ([\d,]+) sessions on 1\.4\.2; others: [\d,]+ of [\d,]+/
  }

  private func plan(_ world: SimulatedFleet) async throws -> Plan {
    var plan = try await ExampleFleet.plan(world, to: "1.4.2")
    plan.fleet.ramp.steps[1].tenants = [ExampleFleet.tenant]
    return plan
  }

  @Test(
    "the story, status and the ledger's lines name who is pinned, from the step on and no longer")
  func promotion() async throws {
    let world = ExampleFleet.world()
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: try await plan(world), actor: "ana", ticket: "OPS-311")
    var (shown, replay) = ("", Replay())
    let entries = await world.ledger.entries
    let told = try StoryText.lines(of: entries).joined(separator: "\n")
    for entry in entries {
      try replay.take(entry)
      guard let promotion = replay.promotion, let now = entry.moment,
        promotion.phase == .ramping(1), promotion.watch != nil
      else { continue }
      shown = PromotionView(
        PromotionStatus(
          promotion, actor: "ana", ticket: "", sight: PromotionViewTests.atWork, now: now)
      ).lines(style: .plain).joined(separator: "\n")
    }
    #expect(told.contains("share 20 %"))
    #expect(told.ranges(of: "read back, acme pinned to the canary").count == 2)
    let figures = try #require(shown.firstMatch(of: Self.figures))
    #expect(figures.1 == figures.2 && figures.1 != "0")
    #expect(told.contains(Self.figures), "the line of a verdict names them")
    // From where the second step's weights were read back to where the archived ones were.
    let named = entries.map { $0.tenants == ["acme"] }
    let first = try #require(named.firstIndex(of: true))
    let last = try #require(named.lastIndex(of: true))
    #expect(entries[first].kind == .done(.apply) && entries[first].step == 1)
    #expect(entries[last + 1].kind == .done(.apply) && named[first...last].allSatisfy(\.self))
    #expect(entries.allSatisfy { $0.v == 2 })
  }

  @Test(
    "a plan names who joins at which step, and refuses a tenant of whom the release knows nothing")
  func planned() async throws {
    let world = ExampleFleet.world()
    var plan = try await plan(world)
    let document = PlanDocument(
      plan: plan, digest: try plan.digest(), ticket: "", blockers: [], warnings: [],
      filesChanged: 4, balancer: nil)
    let reading = PlanReading(
      from: plan.from, to: plan.to, surveys: [:], silent: [:], balancer: nil,
      document: document, blockers: [], warnings: [])
    let text = PlanView(PlanFigures(reading, fleet: plan.fleet, ticket: "")).lines(style: .plain)
      .joined(separator: "\n")
    #expect(text.contains("tenants      acme at 20 %: all their sessions go to the canary"))
    func blockers() -> [String] {
      PlanCheck.blockers(of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: nil)
    }
    #expect(!blockers().contains { $0.contains("the ramp pins") })
    plan.fleet.ramp.steps[2].tenants = ["acmee"]
    #expect(blockers().contains { $0.contains("the ramp pins acmee, and v1.4.2 has no fragments") })
  }
}
