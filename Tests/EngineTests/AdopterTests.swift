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
  private let world = ExampleFleet.world()
  private var env: Env { world.env(judge: { LimitJudge() }) }
  private let gateways = ExampleFleet.fleet().gateways.map(\.name)

  private func place(_ hosts: [HostName]) async throws -> Adopter.Placed {
    try await Adopter(env: env).place(
      ExampleFleet.release("1.4.1"), on: hosts, mustBeSigned: false, name: "adopt-1",
      actor: "ana", reason: "first day")
  }

  @Test("the good state is archived with one line of no promotion, and again changes nothing")
  func adopting() async throws {
    let snapshot = try await ExampleFleet.plan(world, to: "1.4.2").snapshot
    let adopter = Adopter(env: env)
    #expect(try await adopter.adopt(snapshot, actor: "ana", reason: "taken over"))
    let bytes = try #require(try await env.archive.read("last_good.json"))
    #expect(try CanonicalJSON.decode(Snapshot.self, from: bytes) == snapshot)
    let lines = try await env.ledger.read()
    #expect(lines.map(\.kind) == [.adopted])
    #expect(
      lines[0].detail["snapshot_sha256"]?.text == Digest(of: bytes).text
        && lines[0].detail["reason"]?.text == "taken over" && lines[0].epoch == Epoch(1))

    var later = snapshot
    later.hosts[ExampleFleet.canary]?.probeDigest = Digest(of: [7])
    #expect(try await adopter.adopt(later, actor: "kim", reason: "again") == false)
    #expect(try await env.archive.read("last_good.json") == bytes)
    #expect(try await env.ledger.read().count == 1)
  }

  @Test("another state, or an archive that is not the ledger's, is archived anew")
  func anew() async throws {
    let snapshot = try await ExampleFleet.plan(world, to: "1.4.2").snapshot
    let adopter = Adopter(env: env)
    #expect(try await adopter.adopt(snapshot, actor: "ana", reason: "taken over"))
    var other = snapshot
    other.hosts[ExampleFleet.canary]?.fingerprint = Digest(of: [7])
    #expect(try await adopter.adopt(other, actor: "ana", reason: "accepted findings"))
    try await env.archive.write("last_good.json", Array("{}".utf8))
    #expect(try await adopter.adopt(other, actor: "ana", reason: "archive was damaged"))
    #expect(try await env.ledger.read().map(\.epoch) == [Epoch(1), Epoch(2), Epoch(3)])
  }

  @Test("intents stand before the first host places, and each slice is read back")
  func placing() async throws {
    let placed = try await place(gateways)
    for host in gateways { _ = try #require(placed[host]).get() }
    let lines = try await env.ledger.read()
    #expect(
      lines.map(\.kind)
        == gateways.map { _ in .adoptionIntended } + gateways.map { _ in .slicePlaced })
    #expect(
      Set(lines.map(\.operation)) == Set(gateways.map { "adopt-1/\($0)" })
        && lines.allSatisfy { $0.epoch == Epoch(1) && $0.promotion.isEmpty })
    #expect(try await place([]).isEmpty)
    #expect(try await env.ledger.read().count == lines.count)
  }

  @Test("a host that the fleet does not have places nothing, and has no line of success")
  func unknownHost() async throws {
    let stranger = HostName("mac-x")
    let placed = try await place([stranger, ExampleFleet.canary])
    #expect(throws: PortError.self) { try placed[stranger]?.get() }
    _ = try #require(placed[ExampleFleet.canary]).get()
    let done = try await env.ledger.read().filter { $0.kind == .slicePlaced }
    #expect(done.map(\.operation) == ["adopt-1/\(ExampleFleet.canary)"])
  }

  @Test("a promotion after an adoption replays, and then nobody adopts the fleet again")
  func promotion() async throws {
    _ = try await place(gateways)
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    #expect(try await Adopter(env: env).adopt(plan.snapshot, actor: "ana", reason: "taken over"))
    let promotion = try await ExampleFleet.engine(world) { LimitJudge() }
      .start(PromotionID(rawValue: "p-1"), plan: plan, actor: "ana", ticket: "")
    #expect(promotion.phase == .concluded(.completed))
    let entries = try await env.ledger.read()
    let replay = try Replay(entries)
    #expect(replay.promotion?.phase == .concluded(.completed) && replay.epoch == Epoch(3))
    #expect(replay.completed.map(\.plan.to.tag) == ["v1.4.2"])
    for attempt in [
      { _ = try await Adopter(env: env).adopt(plan.snapshot, actor: "ana", reason: "again") },
      { _ = try await place(gateways) },
    ] as [() async throws -> Void] {
      do {
        try await attempt()
        Issue.record("a fleet that Sluice moved was adopted")
      } catch let error as PortError { #expect(error.kind == .refused) }
    }
    #expect(try await env.ledger.read().count == entries.count)
  }
}
