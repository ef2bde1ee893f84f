import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("The figures of a plan")
struct PlanFiguresTests {
  private func figures(
    openclaw: ReleaseLock.OpenClaw? = nil, blockers: [String] = [], isBusy: Bool = false,
    change: (inout PlanReading) -> Void = { _ in }
  ) async throws -> PlanFigures {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(
      world, to: "1.4.2", openclaw: openclaw ?? ExampleFleet.build)
    var reading = PlanReading(
      from: plan.from, to: plan.to, surveys: [:], silent: [:], balancer: nil,
      document: PlanDocument(
        plan: plan, digest: try plan.digest(), ticket: "OPS-311", blockers: blockers, warnings: [],
        filesChanged: 4, balancer: nil), blockers: blockers, warnings: [], isBusy: isBusy)
    change(&reading)
    return PlanFigures(reading, fleet: plan.fleet, ticket: "OPS-311")
  }

  @Test("one that can be run: what moves in which order, and the command that runs it")
  func runnable() async throws {
    let figures = try await figures()
    #expect(figures.outlook == .runnable && figures.demands.isEmpty)
    #expect(figures.moves.map(\.host) == [ExampleFleet.canary] + ExampleFleet.stables)
    #expect(figures.moves[0].changes == "skills/current → 1.4.2")
    #expect(figures.actions == [.promote(try #require(figures.digest).short)])
    #expect(figures.rollback.severity == .plain && figures.rollback.loss == nil)
    #expect(figures.unpinned == [ExampleFleet.canary])
    #expect(figures.duration.usualMilliseconds < figures.duration.longestMilliseconds)
  }

  @Test("another build: a person first; the rollback says what it loses")
  func build() async throws {
    let figures = try await figures(openclaw: ExampleFleet.newerBuild)
    let digest = try #require(figures.digest).short
    #expect(!figures.demands.isEmpty)
    #expect(figures.actions == [.approve(digest), .promote(digest)])
    #expect(figures.moves[0].restart.contains("copy the state"))
    #expect(figures.rollback.severity == .warning)
    #expect(figures.rollback.loss?.contains("loses what happens on 2026.9.6") == true)
    #expect(figures.openclaw?.to == "2026.9.6")
  }

  @Test("what is in its way, another promotion, and a fleet that is there already")
  func notNow() async throws {
    let blocked = try await figures(blockers: ["mac-b does not answer"])
    #expect(blocked.outlook == .blocked && blocked.actions == [.plan("v1.4.2")])
    let busy = try await figures(blockers: ["another one"], isBusy: true)
    #expect(busy.outlook == .busy && busy.actions == [.plan("v1.4.2")])
    let there = try await figures {
      $0.from = $0.to
      $0.document = nil
    }
    #expect(there.outlook == .isThereAlready && there.actions == [])
    let unread = try await figures {
      $0.from = nil
      $0.document = nil
    }
    #expect(unread.from == nil && unread.digest == nil && unread.balancer == nil)
    #expect(try unread.json()["from"] == .null)
  }

  @Test("the members of its document")
  func document() async throws {
    let json = try await figures().json()
    guard case .object(let members) = json else {
      Issue.record("it is no object")
      return
    }
    #expect(
      members.keys.sorted() == [
        "balancer", "blockers", "demands", "digest", "files_changed", "from", "longest_ms", "plan",
        "schema", "ticket", "to", "usual_ms", "warnings",
      ])
    #expect(json["schema"] == "sluice.plan-view/1" && json["files_changed"] == 4)
  }
}
