import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceCommands

@Suite("The verdict in a promotion's story")
struct ToldVerdictTests {
  private func verdicts(_ qualities: [String: Quality] = [:]) async throws -> [String] {
    let world = ExampleFleet.world(qualities: qualities)
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    let lines = try StoryText.lines(of: await world.ledger.entries)
    return lines.filter { $0.contains("verdict ") }
  }

  @Test("a good release passes each of its three steps, and each pass is told once")
  func passes() async throws {
    let told = try await verdicts()
    #expect(told.count { $0.contains("verdict pass") } == 3, "\(told)")
  }

  @Test("a bad one fails once, with the errors of both arms")
  func fails() async throws {
    let told = try await verdicts(["1.4.2": Quality(errorPermille: 200, latencyMilliseconds: 90)])
    let failures = told.filter { $0.contains("verdict FAIL") }
    #expect(failures.count == 1, "\(told)")
    #expect(failures.first?.contains(" against ") == true)
  }
}
