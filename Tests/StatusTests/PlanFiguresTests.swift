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

  @Test("a build that migrates the state is offered a trial; one that was tried is told whole")
  func trial() async throws {
    #expect(try await figures().trial == nil)
    let offered = try await figures(openclaw: ExampleFleet.newerBuild)
    #expect(offered.trial?.sentences.first?.hasSuffix("sluice plan v1.4.2 --try-build") == true)
    #expect(offered.trial?.severity == .plain)
    #expect(try offered.json()["trial"] == .null)
    let report = TrialReport(
      version: "2026.9.6", daemon: Digest(of: [1]), fault: nil,
      remarks: ["its Doctor has a new warning, x: y"], notAsked: ["a session"],
      before: TrialCount(files: 31, sessions: 12), after: TrialCount(files: 33, sessions: 12),
      bytes: 23_000_000, grownBytes: 4_000_000, copyMilliseconds: 140, readyMilliseconds: 12_000,
      doctorMilliseconds: 6_000, totalMilliseconds: 20_000)
    let tried = { (report: TrialReport) in
      try await self.figures(openclaw: ExampleFleet.newerBuild) {
        $0.document?.plan.trial = TrialRecord(
          host: ExampleFleet.canary, operation: OperationID(rawValue: "try-1/x"), report: report)
      }
    }
    let passed = try await tried(report)
    let words = try #require(passed.trial?.sentences)
    #expect(words[0].hasPrefix("OpenClaw 2026.9.6 (\(Digest(of: [1]).short)) passed on a copy of "))
    #expect(words[1].contains("migrated and ready after 12 s, Doctor 6 s, grew by 4 MB; 20 s in"))
    #expect(
      words.suffix(3) == [
        "files 31 → 33, sessions 12 → 12", "but: its Doctor has a new warning, x: y",
        "not asked: a session",
      ])
    #expect(passed.trial?.severity == .good)
    let json = try passed.json()["trial"]
    #expect(json?["verdict"] == "passed" && json?["ready_ms"] == 12_000)
    #expect(json?["before"]?["agents"] == .null && json?["fault"] == .null)
    var bad = report
    (bad.fault, bad.after, bad.readyMilliseconds) = ("no such column: lane", nil, nil)
    let failed = try await tried(bad)
    #expect(failed.trial?.severity == .bad)
    #expect(failed.trial?.sentences[0].hasSuffix("state: no such column: lane") == true)
    #expect(try failed.json()["trial"]?["verdict"] == "failed")
    #expect(try failed.json()["trial"]?["after"] == .null)
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
        "schema", "ticket", "to", "trial", "usual_ms", "warnings",
      ])
    #expect(json["schema"] == "sluice.plan-view/1" && json["files_changed"] == 4)
  }
}
