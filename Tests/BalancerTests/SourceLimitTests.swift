import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceController
@testable import SluiceHAProxy

/// One source takes nothing from the others. Rigs have a front at 127.0.0.1, by whose word a
/// client has whatever address a test gives him.
@Suite(
  "One source beside the others",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct SourceLimitTests {
  private static let stranger: HTTPHeaders = ["X-Forwarded-For": "203.0.113.9"]
  private static let neighbour: HTTPHeaders = ["X-Forwarded-For": "198.51.100.7"]

  @Test(
    "an address holds as many connections as it may, and others come in beside it",
    .enabled(if: onLinux))
  func connections() async throws {
    try await Rig.with(change: {
      $0.front = nil
      $0.connectionsPerSource = 8
    }) { rig in
      let box = Mutex(KeeperRecord())
      let keeper = BalancerKeeper(
        fleet: rig.fleet, balancer: try rig.another(), time: RealTime(), isService: false,
        probe: { _ in nil }, publish: { record in box.withLock { $0 = record } }, log: { _ in })
      let port = try #require(UInt16(rig.fleet.haproxy.bind.split(separator: ":")[1]))
      let flood = try DrippingSockets(40, from: ClientFrom("127.0.0.2", port: port))
      defer { flood.close() }
      #expect(
        try await eventually {
          try flood.drip()
          return try await rig.balancer.keptBack().refused >= 32
        }, "nobody was refused")
      #expect(await ClientFrom("127.0.0.3", port: port).get("/", within: 30_000)?.status == 200)
      try flood.drip()
      #expect(await ClientFrom("127.0.0.2", port: port).get("/") == nil)
      await keeper.lookOnce()
      let floods = try #require(box.withLock { $0.floods })
      #expect(floods.refused >= 32)
      #expect(floods.news(now: SystemClock.wallMilliseconds())?.contains("refused") == true)
      flood.close()
      #expect(
        await eventually { await ClientFrom("127.0.0.2", port: port).get("/")?.status == 200 })
    }
  }

  @Test(
    "0 is no limit, and who makes mistakes without end gets no further connection",
    .enabled(if: onLinux))
  func mistakes() async throws {
    var limits = SourceLimits()
    limits.mistakes = 20
    try await Rig.with(
      limits: limits,
      change: {
        $0.front = nil
        $0.connectionsPerSource = 0
      }
    ) { rig in
      let port = try #require(UInt16(rig.fleet.haproxy.bind.split(separator: ":")[1]))
      let flood = try DrippingSockets(300, from: ClientFrom("127.0.0.2", port: port))
      defer { flood.close() }
      try flood.drip()
      #expect(await ClientFrom("127.0.0.2", port: port).get("/", within: 30_000)?.status == 200)
      #expect(try await rig.balancer.keptBack().refused == 0)
      #expect(
        try await eventually {
          // No HTTP: HAProxy answers 400 and logs it.
          _ = await ClientFrom("127.0.0.4", port: port).get("/ \u{1}\r\n\u{2}", within: 5_000)
          return try await rig.balancer.keptBack().refused > 0
        })
      #expect(await ClientFrom("127.0.0.3", port: port).get("/", within: 30_000)?.status == 200)
    }
  }

  @Test("behind a front a client has a part of its requests at once, and the front is no source")
  func behindFront() async throws {
    try await Rig.with(change: { $0.connectionsPerSource = 5 }) { rig in
      let address = try #require(SocketAddress(rig.fleet.haproxy.bind))
      var held: [StreamConnection] = []
      defer { for connection in held { connection.close() } }
      for _ in 0..<5 {
        let connection = try await StreamConnection.connect(address, deadline: .seconds(10))
        held.append(connection)
        try await connection.write(
          text: "GET /silent HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n")
      }
      var refusal: Rig.Reply?
      #expect(
        try await eventually {
          let reply = try await rig.get("/", Self.stranger)
          refusal = reply
          return reply.status == 429
        })
      #expect(refusal?.headers["Retry-After"] == "10")
      #expect(refusal?.text.contains("too_many_connections") == true)
      #expect(try await rig.get("/", Self.neighbour).status == 200)
      for _ in 0..<8 { #expect(try await rig.get("/").status == 200) }
      let before = try await lines(rig)
      #expect(try await rig.get("/", Self.stranger).status == 429)
      #expect(try await lines(rig) == before, "a refusal stands in no log")
    }
  }

  private func lines(_ rig: Rig) async throws -> Int64 {
    let table = try await rig.tell("show table st_seq")
    return try #require(RuntimeReply.tableEntry("n", table)?["gpc0"].flatMap { Int64($0) })
  }

  @Test("L16: a flood of one source is served, named and not told; no vote of the others is lost")
  func evidence() async throws {
    var limits = SourceLimits()
    limits.lines = 20
    try await Rig.with(limits: limits) { rig in
      try await rig.share(50, generation: 1)
      let batches = try await rig.log().batches(for: PromotionID(rawValue: "p-1"))
      let seen = Mutex((sessions: [SessionRecord](), lost: 0, notices: [String]()))
      let reader = Task {
        for await batch in batches {
          seen.withLock {
            $0.sessions += batch.sessions
            $0.lost += batch.lost
            $0.notices += batch.notices.map(\.text)
          }
        }
      }
      defer { reader.cancel() }
      _ = try await rig.get("/", Self.neighbour)
      try #require(await eventually { seen.withLock { !$0.sessions.isEmpty } })
      let neighbour = try #require(seen.withLock { $0.sessions[0].source })
      var (sent, others) = (0, 1)
      let isHeldBack = try await eventually {
        // The neighbour stays within his own part, however long the flood takes.
        let few = others == 1 ? 10 : 0
        let wave = (0..<60).map { $0 % 6 == 0 && $0 / 6 < few ? Self.neighbour : Self.stranger }
        let replies = try await rig.get(each: wave)
        #expect(replies.allSatisfy { $0.status == 200 })
        sent += 60 - few
        others += few
        return try await rig.balancer.keptBack().untold > 0
          && seen.withLock { $0.notices.contains { $0.contains("a flood: ") } }
      }
      #expect(isHeldBack)
      let untold = try await rig.balancer.keptBack().untold
      #expect(
        await eventually {
          seen.withLock { $0.sessions.count } == sent + others - Int(untold)
        })
      let all = seen.withLock { $0 }
      #expect(all.lost == 0, "what is not told leaves no gap")
      #expect(all.sessions.count { $0.source == neighbour } == others)
    }
  }

  /// Keys of good clients that have their pins, a flood of keys, then a share that would take every
  /// client whose pin was forgotten; how many moved.
  private func moved(_ limits: SourceLimits) async throws -> Int {
    var moved = 0
    try await Rig.with(limits: limits) { rig in
      try await rig.share(0, generation: 1)
      func key(_ name: String, _ source: HTTPHeaders) -> HTTPHeaders {
        var headers = source
        headers["x-openclaw-session-key"] = name
        return headers
      }
      let good = (0..<10).map { key("good \($0)", Self.neighbour) }
      let before = try await rig.get(each: good)
      #expect(before.allSatisfy { $0.arm == "stable" })
      let flood = (0..<400).map { key("flood \($0)", Self.stranger) }
      #expect(try await rig.get(each: flood).allSatisfy { $0.status == 200 })
      try await rig.share(100, generation: 2)
      let after = try await rig.get(each: good)
      moved = zip(before, after).count { $0.arm != $1.arm || $0.host != $1.host }
    }
    return moved
  }

  @Test("L16: a flood of keys forgets itself: no conversation of others moves")
  func keys() async throws {
    var limits = SourceLimits()
    (limits.allKeys, limits.keys) = (100, 20)
    #expect(try await moved(limits) == 0)
    limits.keys = 1_000
    #expect(try await moved(limits) > 0, "the flood is none that could flush the table")
  }
}

@Suite("What one source may have")
struct SourceLimitTextTests {
  private func text(_ change: (inout HAProxySpec) -> Void) throws -> String {
    var fleet = Fleet.example()
    fleet.haproxy.front = nil
    change(&fleet.haproxy)
    return try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
  }

  @Test("a quarter of all connections, never fewer than a household's; a key sets it, 0 ends it")
  func most() throws {
    var spec = Fleet.example().haproxy
    func most(_ connections: Int) -> Int? {
      HAProxyConfiguration.mostPerSource(spec, of: connections)
    }
    #expect([most(8_000), most(4_992), most(400), most(16)] == [2_000, 1_248, 256, 16])
    spec.connectionsPerSource = 12
    #expect(most(8_000) == 12)
    spec.connectionsPerSource = 0
    #expect(most(8_000) == nil)
  }

  @Test("an IPv6 network is one source, and a front is none")
  func sources() throws {
    #expect(
      try text { _ in }.contains(
        "tcp-request connection track-sc0 src,ipmask(32,64) table st_src\n"))
    let fronted = try text { $0.front = BalancerFront(addresses: ["10.0.0.4", "10.1.0.0/16"]) }
    #expect(fronted.contains("table st_src if !{ src 10.0.0.4 10.1.0.0/16 }\n"))
    let proxied = try text {
      $0.front = BalancerFront(addresses: ["10.0.0.4"], speaksProxyProtocol: true)
    }
    #expect(
      proxied.contains(
        "tcp-request session track-sc0 src,ipmask(32,64) table st_src if { fc_rcvd_proxy }\n"))
    #expect(
      try !text { $0.connectionsPerSource = 0 }.contains("sc0_conn_cur"), "none switches it off")
  }

  @Test("HAProxy accepts it with every kind of front", arguments: [nil, false, true] as [Bool?])
  func accepted(isProxy: Bool?) async throws {
    guard hasTool("haproxy") else { return }
    let directory = try TemporaryDirectory()
    var fleet = Fleet.example(directory: directory.path)
    fleet.haproxy.front = isProxy.map {
      BalancerFront(addresses: ["10.0.0.4", "::1"], speaksProxyProtocol: $0)
    }
    let files = try HAProxyFiles(directory: directory.path)
    for path in [files.stateMap, files.holdMap, files.serverMap, files.cohortMap, files.tenantMap] {
      try Files.replace(path, with: Array("a 0\n".utf8))
    }
    let text = try HAProxyConfiguration.text(fleet.haproxy, fleet: fleet, secret: .blank)
    try Files.replace(files.configuration, with: Array(text.utf8))
    try await HAProxyProgram.find(nil).check(files.configuration)
  }
}
