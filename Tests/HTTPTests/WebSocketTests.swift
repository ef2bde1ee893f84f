import SluiceHTTP
import SluiceSystem
import Testing

@Suite("WebSockets, both ends ours")
struct WebSocketTests {
  /// A server that sends back what it gets; "close" makes it close with 4000.
  private func withEcho(
    messageLimit: Int = 26_214_400, options: HTTPServer.Options = .init(),
    closes: Recorder<String> = Recorder(),
    _ body: (_ url: String, HTTPServer) async throws -> Void
  ) async throws {
    let server = try HTTPServer.start(loopback, options: options) { request, responder in
      responder.upgradeToWebSocket(messageLimit: messageLimit) { peer in
        peer.onText { text in
          switch text {
          case "close": peer.close(code: 4000, reason: "as you wish")
          case "drop": peer.abandon()
          default: peer.send(text: text)
          }
        }
        peer.onBinary { peer.send(binary: $0) }
        peer.onClose { code, reason in closes.add("\(code) \(reason)") }
        if let greeting = request.query["greeting"] { peer.send(text: greeting) }
      }
    }
    defer { server.stop() }
    try await body("ws://127.0.0.1:\(server.port)/socket", server)
  }

  @Test("text and binary messages come back, in order")
  func echo() async throws {
    try await withEcho { url, _ in
      let client = try await dial(url + "?greeting=h%C3%A9llo")
      #expect(try await client.receive() == .text("héllo"))
      for number in 0..<100 { try await client.send(text: "Nachricht \(number) 🚰") }
      for number in 0..<100 {
        #expect(try await client.receive() == .text("Nachricht \(number) 🚰"))
      }
      try await client.send(binary: pattern(70_000))
      #expect(try await client.receive() == .binary(pattern(70_000)))
      try await client.send(text: "")
      #expect(try await client.receive() == .text(""))
      await client.close()
    }
  }

  @Test("a message of 20 MB comes back")
  func big() async throws {
    try await withEcho { url, _ in
      let client = try await dial(url)
      let bytes = [UInt8](repeating: 7, count: 20 << 20)
      try await client.send(binary: bytes)
      #expect(try await client.receive() == .binary(bytes))
    }
  }

  @Test("300 sockets at once, each with its own messages")
  func many() async throws {
    try await withEcho { url, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        let clients = try await withThrowingTaskGroup(of: WebSocketClient.self) { dials in
          for _ in 0..<300 {
            dials.addTask { try await WebSocketClient.connect(url, deadline: .seconds(30)) }
          }
          return try await dials.reduce(into: []) { $0.append($1) }
        }
        #expect(clients.count == 300)
        for (index, client) in clients.enumerated() {
          group.addTask {
            for round in 0..<20 {
              try await client.send(text: "\(index) \(round)")
              guard try await client.receive() == .text("\(index) \(round)") else { return false }
            }
            return true
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test("the client's close arrives with code and reason")
  func clientCloses() async throws {
    let closes = Recorder<String>()
    try await withEcho(closes: closes) { url, _ in
      let client = try await dial(url)
      await client.close(code: 4321, reason: "genug")
      #expect(await eventually { closes.all == ["4321 genug"] })
      #expect(try await client.receive() == .closed(code: 4321, reason: ""))
      await #expect {
        try await client.send(text: "x")
      } throws: { ($0 as? WebSocketError)?.kind == .closed }
    }
  }

  @Test("the server's close arrives with code and reason, again and again")
  func serverCloses() async throws {
    try await withEcho { url, _ in
      let client = try await dial(url)
      try await client.send(text: "close")
      #expect(try await client.receive() == .closed(code: 4000, reason: "as you wish"))
      #expect(try await client.receive() == .closed(code: 4000, reason: "as you wish"))
      await client.close()
    }
  }

  @Test("a connection that is lost is 1006, on both sides")
  func lost() async throws {
    let closes = Recorder<String>()
    try await withEcho(closes: closes) { url, _ in
      let client = try await dial(url)
      try await client.send(text: "drop")
      guard case .closed(let code, _) = try await client.receive() else {
        Issue.record("not closed")
        return
      }
      #expect(code == 1006)
      _ = try await dial(url)
      #expect(await eventually { closes.all.count == 2 })
      #expect(closes.all.allSatisfy { $0.hasPrefix("1006") })
    }
  }

  @Test("stopping the server closes its sockets with 1001")
  func stop() async throws {
    try await withEcho { url, server in
      let clients = [
        try await dial(url), try await dial(url),
      ]
      for client in clients {
        try await client.send(text: "here")
        #expect(try await client.receive() == .text("here"))
      }
      server.stop()
      for client in clients {
        #expect(
          try await client.receive() == .closed(code: 1001, reason: "the server is stopping"))
      }
    }
  }

  @Test("a message over the limit closes with 1009, on either side")
  func tooLarge() async throws {
    let closes = Recorder<String>()
    try await withEcho(messageLimit: 1000, closes: closes) { url, _ in
      let client = try await dial(url)
      try await client.send(text: String(repeating: "a", count: 1001))
      guard case .closed(let code, _) = try await client.receive() else {
        Issue.record("not closed")
        return
      }
      #expect(code == 1009)
      #expect(await eventually { closes.all.count == 1 })
      let small = try await dial(url, messageLimit: 10)
      try await small.send(text: "more than ten")
      guard case .closed(1009, _) = try await small.receive() else {
        Issue.record("not closed with 1009")
        return
      }
    }
  }

  @Test("a reader that is slow holds the sender back and loses nothing")
  func backPressure() async throws {
    let total = 3000
    let server = try HTTPServer.start(loopback) { _, responder in
      responder.upgradeToWebSocket { peer in
        for number in 0..<total {
          peer.send(text: "\(number) " + String(repeating: "x", count: 2000))
        }
      }
    }
    defer { server.stop() }
    let client = try await dial(
      "ws://127.0.0.1:\(server.port)/", messageLimit: 10_000)
    for number in 0..<total {
      if number % 500 == 0 { try await Task.sleep(for: .milliseconds(20)) }
      guard case .text(let text) = try await client.receive() else {
        Issue.record("closed at \(number)")
        return
      }
      #expect(text.hasPrefix("\(number) "))
    }
  }

  @Test("cancelling a receive leaves the socket and its messages alone")
  func cancelReceive() async throws {
    try await withEcho { url, _ in
      let client = try await dial(url)
      let task = Task { try await client.receive() }
      try await Task.sleep(for: .milliseconds(20))
      task.cancel()
      await #expect {
        try await task.value
      } throws: { ($0 as? WebSocketError)?.kind == .cancelled }
      try await client.send(text: "still here")
      #expect(try await client.receive() == .text("still here"))
    }
  }

  @Test("an answer other than 101 is told with its status")
  func rejected() async throws {
    try await withServer { request, responder in
      if request.path == "/socket" { return responder.upgradeToWebSocket { _ in } }
      responder.respond(.text("no", status: 403))
    } body: { client, base, server in
      await #expect {
        _ = try await dial("ws://127.0.0.1:\(server.port)/other")
      } throws: { ($0 as? WebSocketError)?.status == 403 }
      let plain = try await client.send(HTTPRequest("GET", base + "/socket"))
      #expect(plain.status == 426)
      #expect(plain.headers["Sec-WebSocket-Version"] == "13")
    }
  }

  @Test("one socket more than the limit is answered 503, and its place is free again after a close")
  func socketLimit() async throws {
    try await withEcho(options: .init(webSocketLimit: 2)) { url, _ in
      let first = try await dial(url)
      let second = try await dial(url)
      // The server counts a socket once its 101 has left: an echo proves that.
      for client in [first, second] {
        try await client.send(text: "x")
        _ = try await client.receive()
      }
      await #expect {
        _ = try await dial(url)
      } throws: { ($0 as? WebSocketError)?.status == 503 }
      await first.close()
      let isFree = await eventually { (try? await dial(url)) != nil }
      #expect(isFree)
      await second.close()
    }
  }

  @Test(
    "a URL that is not a WebSocket's is refused",
    arguments: ["http://127.0.0.1/", "ws://a b/", "ws://me:pass@127.0.0.1/"])
  func badURL(_ url: String) async {
    await #expect {
      _ = try await dial(url)
    } throws: { ($0 as? WebSocketError)?.kind == .malformed }
  }
}
