import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("HTTP server")
struct ServerTests {
  @Test("a second server on the same port fails and says why")
  func portTaken() throws {
    let first = try HTTPServer.start(loopback) { _, responder in responder.respond(.text("1")) }
    defer { first.stop() }
    #expect(first.port != 0)
    #expect(first.address == .tcp(host: "127.0.0.1", port: first.port))
    do {
      let second = try HTTPServer.start(first.address) { _, _ in }
      second.stop()
      Issue.record("two servers on port \(first.port)")
    } catch {
      #expect(error.message.contains("another process listens there"))
      #expect(error.url == "127.0.0.1:\(first.port)")
    }
  }

  @Test("the port is free again after stop, at once")
  func restart() async throws {
    let client = HTTPClient()
    let address = SocketAddress.tcp(host: "127.0.0.1", port: try freePort())
    for round in 0..<3 {
      let server = try HTTPServer.start(address) { _, responder in
        responder.respond(.text("\(round)"))
      }
      let response = try await client.send(HTTPRequest("GET", "http://127.0.0.1:\(server.port)/"))
      #expect(response.text == "\(round)")
      server.stop()
      server.stop()
    }
  }

  @Test("a unix socket never replaces a file that is not a socket")
  func notASocket() throws {
    let directory = try TemporaryDirectory()
    try Files.create(directory("precious"), with: [1, 2, 3], mode: 0o600)
    do {
      let server = try HTTPServer.start(.unix(path: directory("precious"))) { _, _ in }
      server.stop()
      Issue.record("a file was replaced by a socket")
    } catch {
      #expect(error.message.contains("cannot listen"))
    }
    #expect(try Files.read(directory("precious")) == [1, 2, 3])
  }

  @Test("a name that is not an address is refused without asking a resolver")
  func notAnAddress() {
    #expect(throws: HTTPError.self) {
      try HTTPServer.start(.tcp(host: "gateway.example", port: 0)) { _, _ in }
    }
  }

  @Test("stop answers what waits with 503 and does not hang")
  func stopWithWaiting() async throws {
    let held = Recorder<HTTPResponder>()
    let server = try HTTPServer.start(loopback) { _, responder in held.add(responder) }
    let client = HTTPClient()
    let base = "http://127.0.0.1:\(server.port)"
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask { try await client.send(HTTPRequest("GET", base)).status }
      }
      #expect(await eventually { held.all.count == 20 })
      server.stop()
      for try await status in group { #expect(status == 503) }
    }
    // Too late, and harmless.
    for responder in held.all { responder.respond(.text("late")) }
    #expect(held.all.filter { !$0.isClientGone }.isEmpty)
  }

  @Test("stop may be called by the handler")
  func stopFromHandler() async throws {
    let holder = Recorder<HTTPServer>()
    let server = try HTTPServer.start(loopback) { _, responder in
      responder.respond(.text("stopping"))
      holder.all.first?.stop()
    }
    holder.add(server)
    let client = HTTPClient()
    let url = "http://127.0.0.1:\(server.port)/"
    _ = try? await client.send(HTTPRequest("GET", url))
    let isGone = await eventually {
      await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", url, freshConnection: true))
      } == .refused
    }
    #expect(isGone)
  }

  @Test("requests beyond the connection limit wait and are served")
  func connectionLimit() async throws {
    try await withServer(.init(connectionLimit: 4, idleTimeoutSeconds: 1)) { request, responder in
      responder.respond(.text(request.path))
    } body: { client, base, _ in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<40 {
          group.addTask {
            try await client.send(
              HTTPRequest(
                "GET", base + "/\(number)", connectDeadline: .seconds(10), freshConnection: true)
            ).status
          }
        }
        for try await status in group { #expect(status == 200) }
      }
    }
  }

  @Test("several threads serve as one does")
  func threads() async throws {
    try await withServer(.init(threads: 3)) { request, responder in
      responder.respond(.text(request.path))
    } body: { client, base, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            try await client.send(
              HTTPRequest("GET", base + "/\(number)", freshConnection: number % 2 == 0)
            ).text == "/\(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
}
