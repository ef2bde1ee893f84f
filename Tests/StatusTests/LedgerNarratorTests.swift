import SluiceCore
import SluiceJSON
import SluiceLedger
import SluiceSimulator
import Testing

@testable import SluiceStatus

@Suite("The narrator of a ledger")
struct LedgerNarratorTests {
  private func told(
    _ entries: [LedgerEntry], _ narrator: LedgerNarrator = LedgerNarrator()
  ) throws -> [StoryLine] {
    var narrator = narrator
    var lines: [StoryLine] = []
    for entry in entries { lines += try narrator.take(entry) }
    return lines
  }

  @Test("a good release is told from its beginning to its end, each event to whom it happened")
  func good() async throws {
    let lines = try told(try await Worlds.ledger()).filter { !$0.isPassing }
    #expect(lines.first?.sentence == "v1.4.1 → v1.4.2  OPS-311: by ana")
    let sentences = lines.map(\.sentence)
    #expect(sentences.contains("preflight: all 3 hosts are as the plan says"))
    #expect(sentences.contains("share 20 %: read back"))
    #expect(sentences.contains("settling: all hosts moved; baking"))
    #expect(sentences.last == "COMPLETED: v1.4.2 on 3 of 3 hosts")
    #expect(lines.last?.event == .concluded && lines.last?.severity == .good)
    let swings = lines.filter { $0.event == .swung }
    // Forward, back and forward again; once at the mirror.
    #expect(swings.filter { $0.host == ExampleFleet.canary }.count == 3)
    #expect(Set(swings.compactMap(\.host)) == Set([ExampleFleet.canary] + ExampleFleet.stables))
    #expect(lines.allSatisfy { $0.severity != .bad && $0.time.count == 8 })
    #expect(
      lines.filter { $0.event == .judged }.map(\.title)
        == Array(repeating: "verdict pass", count: 3))
  }

  @Test("an order, and an assessment with nothing new, is told only in passing")
  func passing() async throws {
    let entries = try await Worlds.ledger()
    let lines = try told(entries)
    let orders = lines.filter { $0.event == .ordered }
    #expect(orders.allSatisfy { $0.isPassing })
    #expect(orders.contains { $0.sentence == "mac-a: draining, then swinging to v1.4.2" })
    #expect(orders.contains { $0.sentence == "setting share 5 %" })
    var (looks, replay) = (0, Replay())
    for entry in entries {
      if entry.kind == .evidence, case .ramping? = replay.promotion?.phase { looks += 1 }
      try replay.take(entry)
    }
    #expect(lines.count { $0.event == .judged } == looks)
  }

  @Test("a bad release: the verdict with its reasons, why it goes back, and that it is verified")
  func bad() async throws {
    let lines = try told(try await Worlds.ledger(Worlds.bad)).filter { !$0.isPassing }
    let verdict = try #require(lines.firstIndex { $0.title == "verdict FAIL" })
    #expect(lines[verdict].severity == .bad && lines[verdict].parts.count == 2)
    #expect(lines[verdict + 1].event == .judged && lines[verdict + 1].title == "")
    let back = try #require(lines.first { $0.event == .turnedBack })
    #expect(back.title == "rolling back to v1.4.1" && back.severity == .warning)
    #expect(lines.last?.sentence == "ROLLED BACK, verified on 3 of 3 hosts: v1.4.1")
  }

  @Test("a later promotion is told anew; a narrator of one promotion tells no other")
  func later() async throws {
    let world = ExampleFleet.world(qualities: Worlds.bad)
    try await Worlds.promote(world, PromotionID(rawValue: "p1"))
    try await Worlds.promote(world, PromotionID(rawValue: "p2"))
    let entries = await world.ledger.entries
    let all = try told(entries)
    #expect(all.count { $0.event == .began } == 2)
    #expect(all.count { $0.title == "verdict FAIL" && !$0.isPassing } == 2)
    #expect(all.allSatisfy { $0.event != .takenOver })
    let second = try told(entries, LedgerNarrator(PromotionID(rawValue: "p2")))
    #expect(second.count { $0.event == .began } == 1 && second.first?.event == .began)
    #expect(Array(all.suffix(second.count)) == second)
  }

  @Test("what a person asks for is told with who, and why")
  func asked() async throws {
    let entries = try await Worlds.ledger()
    let index = try #require(entries.firstIndex { $0.kind == .done(.swing) })
    var narrator = LedgerNarrator()
    for entry in entries[...index] { _ = try narrator.take(entry) }
    let request = Request(action: .pause, actor: "bo", reason: "lunch")
    var asked = entries[index]
    asked.n += 1
    asked.kind = .requested(.pause)
    asked.operation = ""
    asked.detail = try CanonicalJSON.encode(PromotionEvent.asked(request))
    let line = try #require(try narrator.take(asked).first)
    #expect(line.event == .asked && line.sentence == "bo asks to pause: lunch")
    #expect(narrator.promotion?.isPaused == true)
  }

  @Test("what was read back is good only where no stranger's operation was found; each is named")
  func readBack() {
    func told(_ verification: Verification) -> [String] {
      StoryWords(time: "00:00:00").verified(verification).map(\.sentence)
    }
    let host = ExampleFleet.canary
    let strangers = [host: [OperationID(rawValue: "p9/1"), OperationID(rawValue: "p9/2")]]
    let clean = Verification(weights: nil, faults: [:], balancerFault: nil)
    let equal = ["read back: weights, links and fingerprints are equal to last good"]
    #expect(told(clean) == equal)
    var known = clean
    known.strangers = [:]
    #expect(told(known) == equal)
    let performed =
      "mac-a: performed p9/1, p9/2, which this ledger does not know: another writer ordered it"
    known.strangers = strangers
    #expect(told(known) == [performed])
    let faulty = Verification(
      weights: nil, faults: [host: "it still runs 1.4.2"], balancerFault: "no answer",
      strangers: strangers)
    #expect(
      told(faulty)
        == ["mac-a: not verified: it still runs 1.4.2", "balancer: no answer", performed])
  }

  @Test("what the agents did is told with what is open, unfinished or missing, where there is any")
  func agents() {
    var runs = RunSummary()
    runs.canary.runs = 9
    runs.stable.runs = 80
    #expect(runs.sentence == "failed 0 of 9 runs against 0 of 80 runs")
    runs.canary.failed = 2
    runs.canary.unfinished = 1
    runs.stable.open = 3
    runs.lost = 4
    #expect(
      runs.sentence
        == "failed 3 of 9 runs (1 never ended) against 0 of 80 runs   3 still run"
        + "   4 rows are missing")
  }

  @Test("lines that cannot follow each other are refused with their number, and why")
  func order() async throws {
    let entries = try await Worlds.ledger()
    func fault(_ entries: [LedgerEntry]) -> String? {
      #expect(throws: LedgerFault.self) { try Replay(entries) }?.message
    }
    var second = entries[0]
    second.promotion = "p2"
    #expect(
      fault(Array(entries.prefix(5)) + [second])
        == "a promotion starts before the one before it has ended")
    #expect(fault([entries[1]]) == "promotion p1 never started")
    #expect(fault(entries + [entries[1]]) == "it comes after the end of its promotion")
    let swing = try #require(entries.first { $0.kind.rawValue == "intent.swing" })
    #expect(
      fault(Array(entries.prefix(2)) + [swing])
        == "\(swing.operation) is intended, but the promotion did not ask for it")
    #expect(try Replay(entries + [second]).promotion?.id == PromotionID(rawValue: "p2"))
  }
}
