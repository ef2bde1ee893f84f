import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceRehearsal

/// Real promotions on a simulated fleet: what the rehearsal reads of their ledgers.
@Suite("What an act learns from the ledger")
struct ActTests {
  private func ledger(of world: SimulatedFleet, to version: String) async throws -> [LedgerEntry] {
    let plan = try await ExampleFleet.plan(world, to: version)
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "REHEARSAL")
    return await world.ledger.read()
  }

  @Test("a good release: every step with what arrived, nothing done twice")
  func good() async throws {
    let entries = try await ledger(of: ExampleFleet.world(), to: "1.4.2")
    let story = try LedgerStory(entries, from: 0)
    #expect(story.isEnded && story.ending == .completed)
    #expect(story.steps.map(\.intended.basisPoints) == [500, 2_000, 4_000])
    #expect(
      story.steps.allSatisfy {
        $0.measured.total > 0
          && $0.measured.interval.contains(Double($0.intended.basisPoints) / 100)
      })
    #expect(story.twice.isEmpty && story.caught == nil)
    // Forward, back and forward again; once at the mirror.
    #expect(story.swingCounts[ExampleFleet.canary] == 3)
    #expect(ExampleFleet.stables.allSatisfy { story.swingCounts[$0] == 1 })
  }

  @Test("a bad release: after how many sessions, how long to share 0 and to verified")
  func bad() async throws {
    let world = ExampleFleet.world(
      qualities: ["1.5.0": Quality(errorPermille: 50, latencyMilliseconds: 200)])
    let entries = try await ledger(of: world, to: "1.5.0")
    let story = try LedgerStory(entries, from: 0)
    #expect(story.ending == .rolledBack && story.reason.hasPrefix("Rolled back, "))
    guard case .caught(let sessions, let after, let zero, let verified)? = story.caught else {
      Issue.record("it was not caught")
      return
    }
    #expect(sessions > 0 && after > 0)
    #expect((0...verified).contains(zero))
    let report = ActReport(.badRelease, story.ending, try #require(story.caught))
    #expect(report.isAsIntended)
  }

  @Test("what was there before belongs to another story")
  func later() async throws {
    let entries = try await ledger(of: ExampleFleet.world(), to: "1.4.2")
    let none = try LedgerStory(entries, from: entries.count)
    #expect(none.promotion == nil && !none.isEnded && none.ending == .failed)
    #expect(none.reason == "no promotion began")
  }

  @Test("an order that ended twice, and a host that was swung again, are found")
  func twice() async throws {
    let entries = try await ledger(of: ExampleFleet.world(), to: "1.4.2")
    let index = try #require(entries.lastIndex { $0.kind == .done(.swing) })
    let intent = try #require(
      entries.first { $0.operation == entries[index].operation && $0.kind == .intended(.swing) })
    // No controller writes such lines: the story's own eyes are looked at, not the replay's.
    var again = entries[index]
    again.operation += "-again"
    var orderedAgain = intent
    orderedAgain.operation = again.operation
    let story = LedgerStory(lines: entries + [entries[index], orderedAgain, again])
    #expect(story.twice.contains("order \(entries[index].operation)"))
    #expect(story.twice.contains { $0.hasPrefix("swing of ") })
  }

  @Test("the plan to run is read where the plan says how to run it")
  func planToRun() {
    let text = """
      v1.4.1 → v1.4.2   skills 1.4.1 → 1.4.2, 4 files change

      plan 7f3a91c2 is good until the fleet changes.  Run it:  sluice promote 7f3a91c2
      """
    #expect(CommandLineUser.planToRun(in: text) == "7f3a91c2")
    #expect(CommandLineUser.planToRun(in: "Blocked. Nothing to promote yet.") == nil)
  }
}
