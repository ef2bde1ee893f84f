import SluiceAgentClient
import SluiceArguments
import SluiceCore
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceCommands
@testable import SluiceController

/// Commands on a ledger that a simulated promotion wrote, or its beginning.
@Suite("Commands on the ledger of a promotion")
struct PromotionOnDiskTests {
  private let directory: TemporaryDirectory
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
  }

  /// A release that answers with too many errors goes back.
  private func promote(isGood: Bool = true) async throws -> [LedgerEntry] {
    let bad = ["1.4.2": Quality(errorPermille: 200, latencyMilliseconds: 90)]
    let world = ExampleFleet.world(qualities: isGood ? [:] : bad)
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    return await world.ledger.entries
  }

  private func keep(_ entries: some Sequence<LedgerEntry>) throws {
    var bytes: [UInt8] = []
    for entry in entries { bytes += try LedgerLine(entry).bytes + [UInt8(ascii: "\n")] }
    try Files.replace(directory("promotions.jsonl"), with: bytes, mode: 0o600)
  }

  /// The lines until the promotion first comes to something.
  private func prefix(
    of entries: [LedgerEntry], until reached: (Promotion) -> Bool
  ) throws -> ArraySlice<LedgerEntry> {
    var replay = Replay()
    for (index, entry) in entries.enumerated() {
      try replay.take(entry)
      if let promotion = replay.promotion, reached(promotion) { return entries[...index] }
    }
    throw PortError(.failed, "the promotion never came to it")
  }

  private func run(_ arguments: String...) async -> (code: ExitCode, data: String, said: String) {
    let transcript = Transcript()
    let code = await transcript.run(arguments + ["--fleet", fleet])
    return (code, transcript.data, transcript.messages)
  }

  @Test("no agent is installed, replaced or removed during a promotion")
  func hosts() async throws {
    try keep(try prefix(of: try await promote()) { $0.phase == .ramping(0) })
    for verb in ["install", "upgrade", "uninstall"] {
      let (code, _, said) = await run("hosts", verb)
      #expect(code == .error && said.contains("is under way: no agent is installed"), "\(said)")
    }
  }

  @Test("audit shows deeds, with --all every line, with --promotion those of one")
  func audit() async throws {
    let entries = try await promote()
    try keep(entries)
    func shown(_ more: String...) async throws -> [LedgerEntry] {
      let transcript = Transcript()
      let arguments = ["audit", "log", "--json", "--fleet", fleet] + more
      #expect(await transcript.run(arguments) == .done)
      return try transcript.data.split(separator: "\n").map {
        try CanonicalJSON.decode(LedgerEntry.self, from: Array($0.utf8))
      }
    }
    #expect(try await shown("--all") == entries)
    #expect(try await shown("--all", "--promotion", "p1") == entries)
    #expect(try await shown("--all", "--promotion", "p2").isEmpty)
    let deeds = try await shown()
    #expect(try await shown("--promotion", "p1") == deeds)
    let kinds = Set(deeds.map(\.kind.rawValue))
    #expect(kinds.isSuperset(of: ["promotion.started", "done.swing", "promotion.completed"]))
    #expect(!kinds.contains { $0 == "evidence" || $0.hasPrefix("intent.") })
    let left = Set(entries.map(\.kind.rawValue)).subtracting(kinds)
    #expect(left.isSuperset(of: ["evidence", "intent.swing"]))
    #expect(left.allSatisfy { $0 == "evidence" || $0 == "done.wait" || $0.hasPrefix("intent.") })
  }

  @Test("explain has a table of gates where there are gates, and none where there are not")
  func gates() async throws {
    func heading(_ text: String) -> Bool {
      text.split(separator: "\n").contains { $0.split(separator: " ") == ["gate", "now"] }
    }
    let empty = await run("explain")
    #expect(empty.code == .done && empty.data.hasPrefix("There is no promotion.\nYou can\n"))
    #expect(!heading(empty.data))
    try keep(try prefix(of: try await promote()) { $0.phase == .ramping(0) && $0.watch != nil })
    let ramping = await run("explain")
    #expect(heading(ramping.data), "\(ramping.data)")
  }

  @Test("a verdict stands in status only beside a share")
  func status() async throws {
    let entries = try await promote()
    func hasVerdict() async -> Bool {
      await run("status", "--ledger").data.contains("verdict   ")
    }
    try keep(try prefix(of: entries) { $0.phase == .ramping(0) && $0.watch != nil })
    #expect(await hasVerdict())
    try keep(try prefix(of: entries) { $0.phase == .settling && $0.weights.share == .zero })
    #expect(await !hasVerdict())
  }

  @Test(
    "resume of one that goes on, or back, already says who is at work", arguments: [true, false])
  func alreadyAtWork(isGood: Bool) async throws {
    let entries = try await promote(isGood: isGood)
    try keep(
      try prefix(of: entries) {
        isGood ? $0.phase == .ramping(0) : $0.phase.isRollingBack
      })
    let lease = try FleetServices(try FleetLoader.load(fleet)).lease
    try await lease.acquire(note: "the controller of this test")
    let resumed = await run("resume", "--by", "bo")
    #expect(resumed.code == .error)
    let words = isGood ? "it is going on already: " : "it is going back already: "
    #expect(resumed.said.contains(words + "the controller of this test"), "\(resumed.said)")
    #expect(resumed.said.contains("sluice status --watch"))
    await lease.release()
  }

  @Test("resume of one that is paused asks its controller to go on")
  func resumesPaused() async throws {
    var lines = try prefix(of: try await promote()) { $0.phase == .ramping(0) }
    var (replay, chain) = (Replay(), LedgerChain())
    for entry in lines {
      try replay.take(entry)
      try chain.take(try LedgerLine(entry))
    }
    let pause = PromotionEvent.asked(Request(action: .pause, actor: "ana", reason: ""))
    let (last, promotion) = (try #require(lines.last), try #require(replay.promotion))
    let draft = try Recording.draft(
      pause, of: promotion, actor: "ana", ticket: "", epoch: last.epoch,
      at: try #require(last.moment))
    lines += try chain.extend(with: [draft]).map(\.entry)
    try keep(lines)
    let services = try FleetServices(try FleetLoader.load(fleet))
    try await services.lease.acquire(note: "the controller of this test")
    let listener = try ControlChannel.listen(services.fleet.writer)
    let asked = Mutex<[Request]>([])
    let desk = ControlChannel.Desk(
      take: { request, _ throws(PortError) in
        asked.withLock { $0.append(request) }
        return promotion
      }, look: { promotion })
    let serving = Task { await ControlChannel.serve(listener, desk, ControlChannel.Open()) }
    let resumed = await run("resume", "--by", "bo", "--detach")
    listener.close()
    await serving.value
    await services.lease.release()
    #expect(
      resumed.code == .done && resumed.said.hasPrefix("Promotion p1 continues."), "\(resumed.said)")
    #expect(asked.withLock { $0 } == [Request(action: .resume, actor: "bo", reason: "")])
  }

  @Test("nobody is taken over unless that is asked for, and it is said when there is nobody")
  func takeOver() async {
    let nobody = "No controller holds the lease; there is none to end."
    for verb in ["resume", "rollback"] {
      #expect(await !run(verb).said.contains(nobody), "\(verb)")
      #expect(await run(verb, "--take-over").said.hasPrefix(nobody), "\(verb)")
    }
  }

  @Test("what was taken is a sentence for people, and a document for programs")
  func taken() {
    func told(isJSON: Bool) -> (data: String, said: String) {
      let transcript = Transcript()
      transcript.terminal(isJSON: isJSON).tell(
        "p1 goes on.", PromotionID(rawValue: "p1"), "resume")
      return (transcript.data, transcript.messages)
    }
    #expect(told(isJSON: false) == ("", "p1 goes on.\n"))
    let document = #"{"promotion":"p1","schema":"sluice.taken/1","taken":"resume"}"#
    #expect(told(isJSON: true) == (document + "\n", ""))
  }

  @Test("a rehearsal that did not go as intended is shown, and fails")
  func rehearsal() {
    for isAsIntended in [true, false] {
      let transcript = Transcript()
      let code = RehearseCommand.end(
        transcript.terminal(isJSON: false), ["act 1"], .null, isAsIntended: isAsIntended)
      #expect(code == (isAsIntended ? .done : .error))
      #expect(transcript.data == "act 1\n")
    }
  }

  @Test("an agent's socket that is not there ends the session with an error that names it")
  func noAgent() async {
    let socket = directory("none.sock")
    let transcript = Transcript()
    #expect(await transcript.run("node", "--stdio", "--socket", socket) == .error)
    #expect(transcript.messages.contains(socket), "\(transcript.messages)")
  }

  @Test("the lines of a ledger that did not end are not counted as those of a promotion that did")
  func endedLines() async throws {
    let entries = try await promote()
    #expect(ControllerClient.endedLines([]) == 0)
    #expect(ControllerClient.endedLines(Array(entries.dropLast())) == 0)
    #expect(ControllerClient.endedLines(entries) == entries.count)
    #expect(ControllerClient.endedLines(entries + [entries[1]]) == entries.count)
  }

  @Test("a controller that can never listen gives up when it ends", .timeLimit(.minutes(1)))
  func neverListens() async throws {
    try Files.makeDirectory(directory("state"), mode: 0o777)
    try Files.setMode(directory("state"), 0o777)
    let controller = Controller(try FleetServices(try FleetLoader.load(fleet)))
    let task = Task { await controller.listener() == nil }
    task.cancel()
    #expect(await task.value)
  }
}
