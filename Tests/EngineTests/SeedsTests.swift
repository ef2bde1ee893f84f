import SluiceJudge
import SluiceSimulator
import SluiceSystem
import Testing

@Suite("Worlds that broke something once")
struct SeedsTests {
  /// `seeds.jsonl` of this target, and the worlds that were made for mutants.
  static func cases(_ path: String) throws -> [WorldCase] {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try WorldCase.read(try Files.readText("/\(tests)/\(path)"))
  }

  @Test(
    "hold, each of them",
    arguments: ["EngineTests/Fixtures/seeds.jsonl", "Mutants/worlds.jsonl"])
  func hold(_ path: String) async throws {
    let cases = try Self.cases(path)
    #expect(!cases.isEmpty)
    for origin in cases {
      #expect(!origin.note.isEmpty, "seed \(origin.seed) does not say what broke")
      let simulation = Simulation(
        firstSeed: origin.seed, worlds: 1, tier: Simulation.Tier(rawValue: origin.tier) ?? .engine,
        preset: .all
      ) { LimitJudge() }
      let report = await simulation.run(try simulation.setup(origin))
      #expect(report.violations.map(\.description) == [], "seed \(origin.seed): \(origin.note)")
    }
  }
}
