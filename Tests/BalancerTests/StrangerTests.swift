import SluiceCore
import SluiceEngine
import SluiceHTTP
import SluiceJudge
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

/// A client without any right can choose and decide nothing.
@Suite(
  "A client cannot choose", .enabled(if: hasTool("haproxy"), "haproxy is not installed"),
  .timeLimit(.minutes(2)))
struct StrangerTests {
  /// As it was drawn before: computed from what every client can see.
  private func unkeyed(_ key: String) -> HTTPHeaders { ["x-openclaw-session-key": key] }

  @Test("H3: keys that another secret draws to the canary are drawn as by chance")
  func keyedDraw() async throws {
    // Two fleets, two secrets: who knows what the one draws knows nothing of the other.
    let keys = (0..<400).map { "agent:main:\($0)" }
    var chosen: [String] = []
    try await Rig.with { rig in
      try await rig.share(20, generation: 1)
      let replies = try await rig.get(each: keys.map(unkeyed))
      chosen = zip(keys, replies).filter { $0.1.arm == "canary" }.map(\.0)
    }
    // 80 ± 6.5 standard deviations of 8.
    #expect((28...132).contains(chosen.count))
    let picked = chosen
    try await Rig.with { rig in
      try await rig.share(20, generation: 1)
      let replies = try await rig.get(each: picked.map(unkeyed))
      let canary = replies.count { $0.arm == "canary" }
      // A fifth of them, and 7 standard deviations more are fewer than three quarters.
      #expect(canary * 4 < picked.count * 3, "\(canary) of \(picked.count)")
    }
  }

  @Test("a key draws the same again when HAProxy has forgotten it")
  func sameDraw() async throws {
    try await Rig.with { rig in
      try await rig.share(50, generation: 1)
      let keys = (0..<40).map { unkeyed("agent:main:\($0)") }
      let before = try await rig.get(each: keys).map(\.arm)
      let process = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      try await rig.kill(process)
      try await rig.balancer.ensureRunning()
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
      #expect(try await rig.get(each: keys).map(\.arm) == before)
    }
  }

  @Test("neither a cookie nor a header tells which arm, epoch or host a client is on")
  func opaque() async throws {
    try await Rig.with(change: { $0.showsArm = nil }) { rig in
      try await rig.share(50, pinEpoch: 7, generation: 1)
      for _ in 0..<20 {
        let reply = try await rig.get()
        let text = reply.headers.entries.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
        for word in ["canary", "stable", "mac-a", "mac-b", "mac-c", "X-Sluice-Arm"] {
          #expect(!text.contains(word), "\(text)")
        }
        let pin = reply.cookies.prefixMatch(of: /.*SLUICE_ARM=([0-9a-f]{32})/)
        #expect(pin != nil, "\(text)")
      }
    }
  }

  @Test("the secret is made once, is its owner's alone, and a damaged one is named")
  func secretFile() async throws {
    try await Rig.with { rig in
      let path = rig.balancer.files.secret
      let status = try #require(try Files.status(of: path))
      #expect(status.mode & 0o777 == 0o600)
      let first = try rig.secret()
      _ = try await rig.another().ensureRunning()
      #expect(try rig.secret() == first)
      #expect(FleetSecret.random() != FleetSecret.random())
      try Files.replace(path, with: Array("short\n".utf8))
      let error = await #expect(throws: PortError.self) {
        _ = try await rig.another().apply(.percent(1, generation: 9), epoch: Epoch(1))
      }
      #expect(error?.message.contains("not a secret that Sluice made") == true)
    }
  }

  @Test("M11: a directory that others may write to is refused, with what mends it")
  func openDirectory() async throws {
    try await Rig.with { rig in
      try Files.setMode(rig.balancer.files.directory, 0o777)
      let error = await #expect(throws: PortError.self) { try await rig.share(1, generation: 9) }
      #expect(error?.remedy?.contains("chmod go-w \(rig.balancer.files.directory)") == true)
      try Files.setMode(rig.balancer.files.directory, 0o700)
      try await rig.share(1, generation: 9)
    }
  }

  @Test("a tenant's header counts from a front alone")
  func tenants() async throws {
    try await Rig.with(change: { $0.front = nil }) { rig in
      try await rig.share(1, generation: 1)
      let replies = try await rig.get(
        each: Array(repeating: ["X-OpenClaw-Tenant": "ACME"], count: 60))
      #expect(
        replies.count { $0.arm == "canary" } < 30, "a cohort of the canary, by anybody's word")
    }
    try await Rig.with(change: { $0.front = BalancerFront(addresses: ["192.0.2.7"]) }) { rig in
      try await rig.share(1, generation: 1)
      let replies = try await rig.get(
        each: Array(repeating: ["X-OpenClaw-Tenant": "ACME"], count: 60))
      #expect(replies.count { $0.arm == "canary" } < 30, "by the word of who is no front")
    }
  }

  // MARK: Evidence

  private func evidence(_ rig: Rig, count: Int, _ body: () async throws -> Void) async throws
    -> [SessionRecord]
  {
    let log = rig.log()
    let batches = try await log.batches(for: PromotionID(rawValue: "p1"))
    try await body()
    var sessions: [SessionRecord] = []
    for await batch in batches {
      sessions += batch.sessions
      if sessions.count >= count { break }
    }
    return sessions
  }

  @Test("H3a: the time in which a client sends its request is not its gateway's")
  func slowClients() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      let address = try #require(SocketAddress(rig.fleet.haproxy.bind))
      let sessions = try await evidence(rig, count: 2) {
        for parts in [
          ["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n", "Content-Length: 2\r\n\r\nab"],
          ["POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\na", "b"],
        ] {
          let connection = try await StreamConnection.connect(address, deadline: .seconds(10))
          defer { connection.close() }
          try await connection.write(text: parts[0])
          try await SystemClock.sleep(for: .seconds(3))
          try await connection.write(text: parts[1])
          _ = try await connection.readAll(deadline: .seconds(30))
        }
      }
      #expect(sessions.count == 2)
      #expect(sessions.allSatisfy { $0.activeMilliseconds < 2_500 && $0.kind == .post })
    }
  }

  @Test("what a session is, and that it is of one source, stands in the log, and no address")
  func kinds() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      let sessions = try await evidence(rig, count: 2) {
        _ = try await rig.get()
        let (socket, _) = try await rig.webSocket()
        await socket.close()
      }
      #expect(Set(sessions.map(\.kind)) == [.page, .socket])
      #expect(Set(sessions.map(\.source)).count == 1 && sessions[0].source != nil)
      #expect(sessions[0].isMerePage != sessions[1].isMerePage)
    }
  }

  // MARK: Fronts

  @Test("a front's word of its client is taken; anybody else's is not")
  func forwarded() async throws {
    let sent: HTTPHeaders = [
      "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Real-IP": "6.6.6.6",
    ]
    try await Rig.with(change: {
      $0.front = BalancerFront(addresses: ["127.0.0.0/8"])
      $0.hasLocalClients = nil
    }) { rig in
      let text = try await rig.get("/headers", sent).text
      #expect(text.contains("x-forwarded-for: 203.0.113.9"))
      #expect(text.contains("x-forwarded-proto: https"))
      #expect(!text.contains("6.6.6.6"))
      // The header that the front itself sets is the front's own.
      #expect(try await rig.get("/headers").text.contains("x-forwarded-for: 127.0.0.1"))
    }
    try await Rig.with(change: {
      $0.front = nil
      $0.hasLocalClients = nil
    }) { rig in
      let text = try await rig.get("/headers", sent).text
      #expect(text.contains("x-forwarded-for: 127.0.0.1"), "M6: no client is a local one")
      #expect(text.contains("x-forwarded-proto: http"))
      #expect(!text.contains("203.0.113.9"))
    }
  }

  @Test("the PROXY protocol is taken from a front, and is no request from anybody else")
  func proxyProtocol() async throws {
    func answer(_ rig: Rig) async throws -> String {
      let address = try #require(SocketAddress(rig.fleet.haproxy.bind))
      let connection = try await StreamConnection.connect(address, deadline: .seconds(10))
      defer { connection.close() }
      try await connection.write(
        text: "PROXY TCP4 203.0.113.9 192.0.2.1 4711 80\r\n"
          + "GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      return String(
        decoding: try await connection.readAll(deadline: .seconds(30)), as: UTF8.self)
    }
    try await Rig.with(change: {
      $0.front = BalancerFront(addresses: ["127.0.0.1"], speaksProxyProtocol: true)
      $0.hasLocalClients = nil
    }) { rig in
      let text = try await answer(rig)
      #expect(text.contains("x-forwarded-for: 203.0.113.9"))
    }
    try await Rig.with(change: { $0.front = nil }) { rig in
      let text = try await answer(rig)
      #expect(text.hasPrefix("HTTP/1.1 400"))
    }
  }

  @Test("what is no address or path stands in no configuration")
  func badFronts() throws {
    for text in ["", "evil\nbind *:1", "10.0.0.1 if TRUE", "10.0.0.0/999", "cafe", "{"] {
      var fleet = Fleet.example()
      fleet.haproxy.front = BalancerFront(addresses: [text])
      #expect(throws: PortError.self) {
        try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
      }
    }
    for text in ["10.0.0.1", "10.0.0.0/24", "2001:db8::/32", "::1"] {
      #expect(HAProxyConfiguration.isNetwork(text))
    }
  }
}

@Suite("Refusals of one source")
struct RefusalCapTests {
  private func session(
    _ status: Int, source: UInt32? = 1, generation: Int64 = 1, why: SessionRecord.Why = .draw
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: 0, arm: .stable, why: why,
      generation: generation, host: "mac-b", status: status, ending: "----",
      activeMilliseconds: 1, isWebSocket: false, wasRetried: false, source: source, kind: .post)
  }

  @Test("the first of a source count, and the rest do not, on whichever arm")
  func cap() {
    var cap = RefusalCap()
    let counted = (0..<500).count { _ in cap.admits(session(401)) }
    #expect(counted == RefusalCap.limit)
    let floods = [cap.takeFloods(), cap.takeFloods()]
    #expect(floods == [1, 0])
    let other = cap.admits(session(401, source: 2))
    let next = cap.admits(session(401, generation: 2))
    #expect(other && next, "another source, and the next step, begin anew")
  }

  @Test("what only a gateway does wrong, and good answers, count without a bound")
  func uncapped() {
    var cap = RefusalCap()
    for status in [200, 500, 502, 503] {
      let counted = (0..<100).count { _ in cap.admits(session(status)) }
      #expect(counted == 100)
    }
    let unknown = (0..<100).count { _ in cap.admits(session(401, source: nil)) }
    let later = (0..<100).count { _ in cap.admits(session(401, why: .key)) }
    #expect(unknown == 100 && later == 100)
  }

  @Test("so many sources cost no memory without a bound")
  func manySources() {
    var cap = RefusalCap()
    let counted = (0..<200_000).count { cap.admits(session(401, source: UInt32($0))) }
    #expect(counted <= RefusalCap.limit + 100_000)
  }

  @Test("a page that was served is no evidence that agents work, and its draw counts")
  func pages() {
    var stratum = Stratum(generation: 1)
    var page = session(200)
    page.kind = .page
    stratum.count(page)
    stratum.count(session(401), votes: false)
    #expect(stratum.stable.sessions == 0 && stratum.stableDraws == 2)
    page.status = 500
    stratum.count(page)
    #expect(stratum.stable.errors == 1)
  }
}
