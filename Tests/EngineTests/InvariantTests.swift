import SluiceJudge
import SluiceSimulator
import SluiceSystem
import Testing

@Suite("A promotion in a world that breaks")
struct InvariantTests {
  /// `SLUICE_SEEDS=4711-4711` runs one seed, `SLUICE_SEEDS=1-10000` many.
  static var seeds: ClosedRange<UInt64> {
    let text = HostFacts.environment(["SLUICE_SEEDS"])["SLUICE_SEEDS"] ?? ""
    let bounds = text.split(separator: "-").compactMap { UInt64($0) }
    return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...40
  }

  static func simulation(_ preset: FaultPreset, seeds: ClosedRange<UInt64> = seeds) -> Simulation {
    Simulation(
      firstSeed: seeds.lowerBound, worlds: seeds.count, tier: .engine, preset: preset
    ) { LimitJudge() }
  }

  @Test("keeps every invariant, whatever fails, and ends once nothing fails any more")
  func randomFaults() async throws {
    let simulation = Self.simulation(.all)
    let summary = try await simulation.run()
    print(SimulationText.lines(summary, wallMilliseconds: 0).prefix(3).joined(separator: "\n"))
    #expect(summary.faults.count > 10)
    guard let broken = summary.broken else { return }
    let failure = try await simulation.explain(broken)
    let again = "SLUICE_SEEDS=\(broken.seed)-\(broken.seed) swift test --filter InvariantTests"
    let lines = SimulationText.lines(failure, replay: again, ledger: nil)
    Issue.record("\(lines.joined(separator: "\n"))")
  }

  @Test("ends without a fault as it should: completed, or taken back")
  func calm() async throws {
    let summary = try await Self.simulation(.calm, seeds: 1...20).run()
    #expect(summary.broken == nil)
    #expect(summary.faults.isEmpty && summary.restarts == 0)
    #expect(Set(summary.ends.keys) == [.completed, .rolledBack])
  }

  @Test("is the same world again from the same seed, byte for byte", arguments: [3, 17, 4_711])
  func deterministic(seed: UInt64) async throws {
    let simulation = Self.simulation(.all, seeds: seed...seed)
    let setup = try simulation.setup(seed: seed)
    let (one, other) = (await simulation.run(setup), await simulation.run(setup))
    #expect(!one.ledger.isEmpty)
    #expect(one.ledger.map(\.bytes) == other.ledger.map(\.bytes))
    #expect(one.virtualMilliseconds == other.virtualMilliseconds)
    #expect(one.steps == other.steps)
  }
}
