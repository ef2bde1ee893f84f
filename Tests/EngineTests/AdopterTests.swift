import SluiceCore
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceEngine

@Suite("Adopting a fleet")
struct AdopterTests {
  @Test("the good state is archived, and the ledger has one line of no promotion")
  func adopting() async throws {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    let env = world.env(judge: { LimitJudge() })
    try await Adopter(env: env).adopt(plan.snapshot, actor: "ana", reason: "taken over")
    let bytes = try #require(try await env.archive.read("last_good.json"))
    #expect(try CanonicalJSON.decode(Snapshot.self, from: bytes) == plan.snapshot)
    let lines = try await env.ledger.read()
    #expect(lines.map(\.kind) == [.adopted])
    #expect(
      lines[0].detail["snapshot_sha256"]?.text == Digest(of: bytes).text
        && lines[0].detail["reason"]?.text == "taken over" && lines[0].epoch == Epoch(1))
    // Again is no fault: the state may have become better since.
    try await Adopter(env: env).adopt(plan.snapshot, actor: "ana", reason: "again")
    #expect(try await env.ledger.read().map(\.epoch) == [Epoch(1), Epoch(2)])
  }
}
