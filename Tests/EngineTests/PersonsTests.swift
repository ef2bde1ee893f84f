import SluiceCore
import SluiceJudge
import Testing

@testable import SluiceSimulator

@Suite("Persons approve at any moment")
struct PersonsTests {
  /// A promotion whose build migrates the state, so that somebody must accept what is lost.
  private func end(isApproved: Bool, _ words: [(at: Int64, isForThis: Bool)]) async throws -> (
    tiers: [WorldReport.End], first: Moment?
  ) {
    var origin = WorldCase(seed: 5)
    origin.build = ExampleFleet.newerBuild.version
    origin.isApproved = isApproved
    origin.awaitsApproval = !words.isEmpty
    origin.faults = words.map { ScheduledFault(at: $0.at, .approved(isForThis: $0.isForThis)) }
    origin.healsAt = 600_000
    var ends: [WorldReport.End] = []
    var first: Moment?
    for tier in Simulation.Tier.allCases {
      let simulation = Simulation(worlds: 1, tier: tier) { LimitJudge() }
      let report = await simulation.run(try simulation.setup(origin))
      #expect(report.violations.map(\.description) == [], "tier \(tier)")
      ends.append(report.end)
      first = try report.ledger.first.flatMap { try History([$0]).lines.first?.moment } ?? first
    }
    return (ends, first)
  }

  @Test("one that nobody approved is refused, and waits where somebody still may")
  func waits() async throws {
    #expect(try await end(isApproved: false, []).tiers == [.refused, .refused])
    let approved = try await end(isApproved: false, [(42_000, true)])
    #expect(approved.tiers == [.completed, .completed])
    let early = try await end(isApproved: true, [])
    let waited = try #require(early.first.flatMap { approved.first?.milliseconds(since: $0) })
    #expect(waited >= 42_000 && waited < 48_000, "it begins when the word is there")
  }

  @Test("the word for another plan begins nothing, whatever is said later")
  func another() async throws {
    let ends = try await end(isApproved: false, [(3_000, false), (30_000, true)]).tiers
    #expect(ends == [.refused, .refused])
  }

  @Test("a word in the middle changes nothing", arguments: [100, 9_000, 60_000] as [Int64])
  func late(at moment: Int64) async throws {
    let ends = try await end(isApproved: true, [(moment, false)]).tiers
    #expect(ends == [.completed, .completed])
  }
}

@Suite("Garbage")
struct GarbageTests {
  private let policy = WorldSetup.usualFleet.probe

  @Test("a host that is well and heard is ok, as Sluice merges it")
  func well() {
    let host = HostModel(ExampleFleet.canary, runs: ExampleFleet.release("1.4.1"))
    #expect(host.merged(hearing: nil, policy: policy).status == .ok)
  }

  @Test("what cannot be made sense of is never ok", arguments: Garbage.allCases)
  func unheard(garbage: Garbage) {
    var host = HostModel(ExampleFleet.canary, runs: ExampleFleet.release("1.4.1"))
    let merged = host.merged(hearing: garbage, policy: policy)
    #expect(merged.status != .ok)
    #expect(merged.reasons.contains { $0.message.contains("cannot be read") })
    host.hear(garbage, looks: 2, policy: policy)
    #expect(host.probe(at: 0).status == merged.status)
  }
}
