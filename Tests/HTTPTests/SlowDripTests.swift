import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHTTP

/// A client that sends a request byte by byte keeps no other client out.
@Suite("Slow drip", .serialized)
struct SlowDripTests {
  private func limits(
    deadline: Int? = 60_000, perAddress: Int = 16, strangers: Int = 96,
    isKnown: @escaping @Sendable (String) -> Bool = { _ in false }
  ) -> HTTPServer.Options {
    var options = HTTPServer.Options(connectionLimit: 512)
    options.limits = HTTPServer.Limits(
      deadlineMilliseconds: deadline, perAddress: perAddress, strangers: strangers,
      known: strangers, isKnown: isKnown)
    return options
  }

  private func serving(
    _ options: HTTPServer.Options, _ body: (UInt16) async throws -> Void
  ) async throws {
    try await withServer(options) { request, responder in
      responder.respond(.text("from \(request.remoteAddress ?? "")"))
    } body: { _, _, server in
      try await body(server.port)
    }
  }

  @Test("a head that comes byte by byte is ended at its deadline, which no byte moves")
  func head() async throws {
    try await serving(limits(deadline: 400)) { port in
      let began = SystemClock.monotonicMilliseconds()
      let drip = try DrippingSockets(1, from: ClientFrom("127.0.0.1", port: port))
      #expect(
        try await eventually(within: .seconds(20)) {
          try drip.drip()
          return drip.ended == 1
        })
      #expect(SystemClock.monotonicMilliseconds() - began >= 400)
    }
  }

  @Test("a body that comes byte by byte is ended at the request's deadline")
  func body() async throws {
    try await serving(limits(deadline: 400)) { port in
      let connection = try await connect(port)
      try await connection.write(
        Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n".utf8))
      var isOpen = true
      #expect(
        await eventually(within: .seconds(20)) {
          do { try await connection.write([0x78]) } catch { isOpen = false }
          return !isOpen
        })
    }
  }

  @Test("the clock begins anew with every request of a connection, and stands while we work")
  func manyRequests() async throws {
    let gate = Recorder<HTTPResponder>()
    try await withServer(limits(deadline: 1_500)) { request, responder in
      if request.path == "/slow" { gate.add(responder) } else { responder.respond(.text("x")) }
    } body: { _, _, server in
      let connection = try await connect(server.port)
      let request = { (path: String) in Array("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n".utf8) }
      let began = SystemClock.monotonicMilliseconds()
      // Longer than the deadline altogether, and never silent for so long.
      while SystemClock.monotonicMilliseconds() - began < 2_000 {
        try await connection.write(request("/quick"))
        #expect(try await readHead(connection) != nil)
        _ = try await connection.read(max: 1)
      }
      try await connection.write(request("/slow"))
      let asked = SystemClock.monotonicMilliseconds()
      #expect(
        await eventually {
          SystemClock.monotonicMilliseconds() - asked > 1_700 && gate.all.count == 1
        })
      gate.all.first?.respond(.text("late"))
      #expect(try await readHead(connection) != nil)
    }
  }

  @Test(
    "without limits they do: 512 drips keep everybody out for as long as they drip",
    .enabled(if: onLinux))
  func withoutLimits() async throws {
    try await serving(HTTPServer.Options(connectionLimit: 512)) { port in
      let drip = try DrippingSockets(512, from: ClientFrom("127.0.0.2", port: port))
      for _ in 0..<3 {
        try drip.drip()
        #expect(await ClientFrom("127.0.0.1", port: port).get("/", within: 300) == nil)
      }
      #expect(drip.ended == 0)
    }
  }

  @Test(
    "512 drips of one address keep no other one out, and it self gets an answer too",
    .enabled(if: onLinux))
  func oneAddress() async throws {
    try await serving(limits()) { port in
      let drip = try DrippingSockets(512, from: ClientFrom("127.0.0.2", port: port))
      for _ in 0..<20 {
        try drip.drip()
        for address in ["127.0.0.1", "127.0.0.3", "127.0.0.2"] {
          let answer = await ClientFrom(address, port: port).get("/")
          #expect(answer?.status == 200, "\(address)")
        }
      }
      #expect(drip.ended >= 512 - 16)
    }
  }

  @Test(
    "strangers of many addresses take their own room, and none of those who are known",
    .enabled(if: onLinux))
  func manyAddresses() async throws {
    let options = limits(perAddress: 8, strangers: 32) { $0 == "127.0.0.1" }
    try await serving(options) { port in
      let drips = try (2...60).map { last in
        try DrippingSockets(8, from: ClientFrom("127.0.0.\(last)", port: port))
      }
      for _ in 0..<10 {
        for drip in drips { try drip.drip() }
        #expect(await ClientFrom("127.0.0.1", port: port).get("/")?.status == 200)
        // A client without a known address has to be lucky only for as long as its request takes.
        #expect(await ClientFrom("127.0.0.200", port: port).get("/")?.status == 200)
      }
    }
  }

  @Test(
    "an address holds no more than its limit, and one that works is not ended for another",
    .enabled(if: onLinux)
  )
  func working() async throws {
    let gate = Recorder<HTTPResponder>()
    try await withServer(limits(perAddress: 2)) { request, responder in
      if request.path == "/hold" { gate.add(responder) } else { responder.respond(.text("x")) }
    } body: { _, _, server in
      let client = ClientFrom("127.0.0.2", port: server.port)
      async let first = client.get("/hold", within: 20_000)
      async let second = client.get("/hold", within: 20_000)
      #expect(await eventually { gate.all.count == 2 })
      #expect(await client.get("/") == nil)
      #expect(await ClientFrom("127.0.0.3", port: server.port).get("/")?.status == 200)
      gate.all.forEach { $0.respond(.text("held")) }
      #expect(await first?.status == 200)
      #expect(await second?.status == 200)
      #expect(await eventually { await client.get("/")?.status == 200 })
    }
  }

  @Test("a unix socket has its mode before anybody can connect")
  func socketMode() async throws {
    let home = try TemporaryDirectory()
    // Bound, and not listened at yet: this is the moment that counts.
    let bound = try ListeningSocket.boundUnix(home("bound"))
    #expect(try Files.status(of: home("bound"))?.mode == 0o600)
    await #expect(throws: SystemError.self) {
      _ = try await StreamConnection.connect(.unix(path: home("bound")), deadline: .seconds(5))
    }
    close(bound)
    let path = home("s")
    let server = try HTTPServer.start(.unix(path: path)) { _, responder in
      responder.respond(.text("x"))
    }
    defer { server.stop() }
    #expect(try Files.status(of: path)?.mode == 0o600)
  }
}
