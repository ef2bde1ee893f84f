import Foundation
import SluiceCore
import SluiceJudge
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceSimulator

@Suite("The simulator")
struct SimulationTests {
  private func simulation(_ tier: Simulation.Tier, _ preset: FaultPreset = .all) -> Simulation {
    Simulation(worlds: 1, tier: tier, preset: preset) { LimitJudge() }
  }

  @Test("a world is written down and read again as it was")
  func worldCases() throws {
    for seed in 1...50 as ClosedRange<UInt64> {
      let origin = WorldCase.drawn(
        seed: seed, hosts: ExampleFleet.fleet().gateways.map(\.name), preset: .all)
      #expect(try WorldCase.read("# a comment\n\(origin.line)\n") == [origin])
    }
  }

  @Test("the same seed gives the same bytes in two processes")
  func twoProcesses() async throws {
    let ledgers = try await twice(["--seed", "17", "--only", "1,2,3,4,5,6,7,8,9"])
    #expect(ledgers[0].count > 10_000)
    #expect(ledgers[0] == ledgers[1])
  }

  /// Another hash seed must not change the order in which hosts are asked: a controller that dies at its
  /// n-th step would die elsewhere.
  @Test("the same seeds give the same steps in two processes")
  func sameSteps() async throws {
    let counts = try await twice(["--worlds", "25"]).map { output in
      String(decoding: output, as: UTF8.self).split(separator: "\n").dropFirst().prefix(2)
    }
    #expect(counts[0].first?.contains("steps of controllers") == true)
    #expect(counts[0] == counts[1])
  }

  private func twice(_ options: [String]) async throws -> [[UInt8]] {
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<2 {
        group.addTask {
          try await Processes.run(
            ProcessCommand(
              "\(products)/sluice-simulate", ["--tier", "2"] + options, deadline: .seconds(120))
          ).standardOutput
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("the two tiers tell the same story when nothing goes wrong", arguments: Scenario.allCases)
  func tiersAgree(scenario: Scenario) async throws {
    var stories: [[String]] = []
    for tier in Simulation.Tier.allCases {
      let report = await simulation(tier).run(try scenario.setup())
      #expect(report.violations.isEmpty)
      stories.append([report.end.rawValue, "\(report.lines)"])
    }
    #expect(stories[0] == stories[1])
  }

  @Test("every step of a bad release's promotion is a kill point that it survives")
  func killPoints() async throws {
    let summary = try await simulation(.values).killPoints(of: .bad, pairs: false)
    print("kill points of steps of a bad release: \(summary.singles)")
    #expect(summary.singles == summary.steps)
    #expect(summary.broken == nil)
    #expect(
      summary.ends.keys.allSatisfy { $0 == .rolledBack || $0 == .completed || $0 == .notBegun })
  }

  @Test("a world of a family ends as it does alone, from its beginning", arguments: 0...11)
  func families(number: UInt64) throws {
    let simulation = simulation(.values)
    let family = WorldFamily(
      number, hosts: simulation.fleet.gateways.map(\.name), preset: .all, drawsRamp: true)
    var stem = Tier1Stage(try simulation.setup(family.stem), isStem: true) { LimitJudge() }
    for branch in family.branches.sorted(by: { $0.forksAt < $1.forksAt }) {
      let setup = try simulation.setup(branch.origin)
      stem.advance(to: branch.forksAt)
      var forked = stem.branch(setup, at: branch.forksAt)
      let (forkedEnd, whole) = (forked.run(), Tier1Stage.run(setup) { LimitJudge() })
      let seed = branch.origin.seed
      #expect(forkedEnd.end == whole.end, "\(seed)")
      #expect(forkedEnd.lines == whole.lines && forkedEnd.steps == whole.steps, "\(seed)")
      #expect(forkedEnd.virtualMilliseconds == whole.virtualMilliseconds, "\(seed)")
      #expect(forkedEnd.faults == whole.faults, "\(seed)")
      #expect(forkedEnd.controllers == whole.controllers, "\(seed)")
      #expect(forkedEnd.violations == whole.violations, "\(seed)")
    }
  }

  @Test(
    "a world that is forked where a controller dies ends as one that was run from its beginning")
  func forks() throws {
    func check(_ report: WorldReport, killedAt points: [Int]) throws {
      let whole = Tier1Stage.run(try Scenario.bad.setup(killedAt: points)) { LimitJudge() }
      #expect(report.end == whole.end, "\(points)")
      #expect(report.lines == whole.lines && report.steps == whole.steps, "\(points)")
      #expect(report.virtualMilliseconds == whole.virtualMilliseconds, "\(points)")
      #expect(report.controllers == whole.controllers && report.violations == whole.violations)
    }
    var calm = Tier1Stage(try Scenario.bad.setup()) { LimitJudge() }
    var reports: [(points: [Int], report: WorldReport)] = []
    let undisturbed = calm.runKilling { first, killed in
      guard first.isMultiple(of: 7) else { return }
      var killed = killed
      let report = killed.runKilling { second, again in
        guard second > first, second.isMultiple(of: 41) else { return }
        var again = again
        reports.append(([first, second], again.run()))
      }
      reports.append(([first], report))
    }
    try check(undisturbed, killedAt: [])
    #expect(reports.contains { $0.points.count == 2 } && reports.count > 40)
    for (points, report) in reports { try check(report, killedAt: points) }
  }

  @Test("shrinking finds the two parts that matter, and only them")
  func shrinks() async {
    let parts = await Shrinker.shrink(Array(0..<40)) { $0.contains(7) && $0.contains(31) }
    #expect(parts == [7, 31])
    #expect(await Shrinker.shrink([1, 2, 3]) { _ in true } == [])
  }

  @Test("events come in the order of their times, and of their scheduling where those are equal")
  func queue() {
    var queue = EventQueue<Int>()
    var random = SplitMix64(seed: 5)
    var expected: [(time: Int64, number: Int)] = []
    for number in 0..<500 {
      let time = random.milliseconds(0...40)
      queue.schedule(number, at: time)
      expected.append((time, number))
    }
    expected.sort { ($0.time, $0.number) < ($1.time, $1.number) }
    var found: [Int] = []
    while let next = queue.next() { found.append(next.event) }
    #expect(found == expected.map(\.number))
  }
}
