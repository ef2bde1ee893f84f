import SluiceCore
import SluiceHAProxy
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "The session log as evidence",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct EvidenceTests {
  private let promotion = PromotionID(rawValue: "p-1")

  struct Read {
    var sessions: [SessionRecord] = []
    var lost = 0
    var notices: [String] = []
  }

  /// Reads until so many sessions came, as a controller that is then gone.
  private func read(_ rig: Rig, _ count: Int) async throws -> Read {
    var read = Read()
    for await batch in try await rig.log().batches(for: promotion) {
      read.sessions += batch.sessions
      read.lost += batch.lost
      read.notices += batch.notices.map(\.text)
      if read.sessions.count >= count { break }
    }
    return read
  }

  private func areDistinct(_ sessions: [SessionRecord]) -> Bool {
    Set(sessions.map { "\($0.process) \($0.sequence)" }).count == sessions.count
  }

  @Test("says of every session why it went where, and only draws count as draws")
  func records() async throws {
    try await Rig.with { rig in
      try await rig.share(100, pinEpoch: 3, generation: 9)
      // Makes the promotion's beginning.
      let stream = try await rig.log().batches(for: promotion)
      let drawn = try await rig.get()
      _ = try await rig.get("/", ["Cookie": drawn.cookies])
      _ = try await rig.get("/", ["x-openclaw-session-key": "k"])
      _ = try await rig.get("/", ["x-openclaw-session-key": "k"])
      _ = try await rig.get("/", ["x-openclaw-tenant": "globex"])
      _ = try await rig.balancer.takeOut(Rig.canary, epoch: Epoch(1))
      _ = try await rig.get("/", ["Cookie": drawn.cookies])
      _ = try await rig.get()
      var sessions: [SessionRecord] = []
      for await batch in stream {
        sessions += batch.sessions
        if sessions.count >= 7 { break }
      }
      #expect(
        sessions.map { "\($0.arm) \($0.why) \($0.host?.rawValue ?? "-") \($0.status)" }.sorted()
          .map { $0.replacing("mac-b", with: "stable").replacing("mac-c", with: "stable") }
          == [
            "canary cookie mac-a 200", "canary draw mac-a 200", "canary draw mac-a 200",
            "canary hold - 503", "canary key mac-a 200", "stable cohort stable 200",
            "stable failOpen stable 200",
          ])
      #expect(sessions.allSatisfy { $0.generation == 9 })
      #expect(sessions.allSatisfy { abs($0.assignedMilliseconds - now()) < 300_000 })
      var stratum = Stratum(generation: 9)
      for session in sessions { stratum.count(session) }
      #expect((stratum.canaryDraws, stratum.stableDraws) == (2, 0))
      #expect((stratum.failedOpen, stratum.held) == (1, 1))
    }
  }

  private func now() -> Int64 { SystemClock.wallMilliseconds() }

  @Test("every session once, from the promotion's beginning, although readers were away meanwhile")
  func exactlyOnce() async throws {
    try await Rig.with { rig in
      try await rig.share(50, generation: 1)
      // Before the promotion: not its evidence.
      _ = try await rig.draw(20)
      do { _ = try await rig.log().batches(for: promotion) }
      _ = try await rig.draw(100)
      let first = try await read(rig, 100)
      #expect(first.sessions.count == 100)
      // Nobody listens.
      _ = try await rig.draw(100)
      let second = try await read(rig, 200)
      #expect(second.sessions.count == 200)
      _ = try await rig.get()
      let third = try await read(rig, 201)
      #expect(third.sessions.count == 201)
      #expect(areDistinct(third.sessions))
      // The file keeps no callers: a later controller learns anew who has traffic.
      let kept = first.sessions.map { session in
        var session = session
        session.caller = nil
        return session
      }
      #expect(first.sessions.allSatisfy { $0.caller == .nobody })
      #expect(Set(kept).isSubset(of: Set(third.sessions)))
      #expect(third.lost == 0)
      // Another promotion begins with nothing.
      let fresh = try await rig.log().batches(for: PromotionID(rawValue: "p-2"))
      _ = try await rig.get()
      for await batch in fresh {
        #expect(batch.sessions.count == 1)
        break
      }
    }
  }

  @Test("through a stop and a start of HAProxy, with nobody listening") func acrossRuns()
    async throws
  {
    try await Rig.with { rig in
      try await rig.share(50, generation: 1)
      do { _ = try await rig.log().batches(for: promotion) }
      _ = try await rig.draw(60)
      try await rig.balancer.stop(deadline: .seconds(5))
      try await rig.balancer.ensureRunning()
      _ = try await rig.draw(40)
      let all = try await read(rig, 100)
      #expect(all.sessions.count == 100)
      #expect(areDistinct(all.sessions))
      #expect(Set(all.sessions.map(\.process)).count == 2)
      #expect(all.lost == 0)
      #expect(all.notices.count { $0.contains("started anew") } == 1)
      // A later promotion has none of it, though what the first run left still stands there.
      let later = try await rig.log().batches(for: PromotionID(rawValue: "p-2"))
      _ = try await rig.get()
      for await batch in later {
        #expect(batch.sessions.count == 1)
        break
      }
    }
  }

  @Test("hostile paths, headers, cookies and keys forge no line and break none")
  func hostile() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      let forged = SessionLogLineTests.line(arm: "canary", state: "0:1:1")
      let texts = [
        forged, #"","arm":"canary"#, #"\"#, "\\n" + forged, "%0a" + forged, "\u{7F}\t\"", "💥é",
        String(repeating: "\"", count: 6_000), "-", "<NOSRV>",
      ]
      let names = [
        "x-openclaw-tenant", "x-openclaw-session-key", "User-Agent", "X-Request-Id",
        "Cookie: SLUICE_ARM",
      ]
      let stream = try await rig.log().batches(for: promotion)
      var served = 0
      for text in texts {
        for name in names {
          let separator = name.contains(":") ? "=" : ": "
          served += try await rig.raw("GET / HTTP/1.1", "\(name)\(separator)\(text)") ? 1 : 0
        }
        served += try await rig.raw("GET /\(text) HTTP/1.1", "A: b") ? 1 : 0
        served += try await rig.raw("\(text) / HTTP/1.1", "A: b") ? 1 : 0
      }
      #expect(served > 30)
      var read = Read()
      for await batch in stream {
        read.sessions += batch.sessions
        read.lost += batch.lost
        read.notices += batch.notices.map(\.text)
        if read.sessions.count >= served { break }
      }
      #expect(read.sessions.count == served)
      #expect(areDistinct(read.sessions))
      #expect(read.sessions.allSatisfy { $0.arm == .stable && $0.generation == 1 })
      #expect(read.notices == [])
    }
  }

  @Test("a WebSocket is one session when it ends; an eviction is nobody's fault")
  func webSockets() async throws {
    try await Rig.with { rig in
      try await rig.share(1, generation: 1)
      let stream = try await rig.log().batches(for: promotion)
      let (socket, _) = try await rig.webSocket(["x-openclaw-tenant": "acme"])
      _ = try await rig.balancer.evict(Rig.canary, epoch: Epoch(1))
      for await batch in stream {
        let session = try #require(batch.sessions.first)
        #expect(session.isWebSocket && session.answerClass == .endedBySluice)
        #expect(session.host == Rig.canary)
        break
      }
      await socket.close()
    }
  }

  @Test("a server that goes down is told") func notices() async throws {
    try await Rig.with { rig in
      let stream = try await rig.log().batches(for: promotion)
      rig.gateways[Rig.canary]?.setReady(false)
      for await batch in stream where batch.notices.contains(where: { $0.text.contains("is DOWN") })
      {
        break
      }
    }
  }

  @Test("two controllers do not count the same promotion") func oneReader() async throws {
    try await Rig.with { rig in
      let first = try await rig.log().batches(for: promotion)
      let error = await #expect(throws: PortError.self) {
        try await rig.log().batches(for: promotion)
      }
      #expect(error?.kind == .refused)
      withExtendedLifetime(first) {}
    }
  }

  @Test("it ends when its reader is cancelled, and another may go on") func cancelled()
    async throws
  {
    try await Rig.with { rig in
      let stream = try await rig.log().batches(for: promotion)
      let reader = Task { for await _ in stream {} }
      reader.cancel()
      await reader.value
    }
  }
}
