import SluiceSystem
import Testing

@testable import SluiceHTTP

@Suite("WebSockets by hand")
struct RawWebSocketTests {
  private static let key: UInt32 = 0x37fa_213d
  private static let request =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

  /// Our server, echoing text, and a connection to it by hand; `early` rides with the handshake.
  private func withPeer(
    early: [UInt8] = [], closes: Recorder<String> = Recorder(),
    body: (inout RawFrames) async throws -> Void
  ) async throws {
    try await withServer { _, responder in
      responder.upgradeToWebSocket(messageLimit: 1000) { peer in
        peer.onText { peer.send(text: $0) }
        peer.onClose { code, _ in closes.add("\(code)") }
      }
    } body: { _, _, server in
      let connection = try await connect(server.port)
      defer { connection.close() }
      try await connection.write(Array(Self.request.utf8) + early)
      let head = String(decoding: try await readHead(connection) ?? [], as: UTF8.self)
      #expect(head.hasPrefix("HTTP/1.1 101 "))
      #expect(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
      var frames = RawFrames(connection, reading: .client)
      try await body(&frames)
    }
  }

  private func masked(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], isFinal: Bool = true
  ) -> [UInt8] {
    WebSocketFrame.encode(opcode, payload, isFinal: isFinal, mask: Self.key)
  }

  @Test("a frame that comes with the handshake is not lost")
  func early() async throws {
    try await withPeer(early: masked(.text, Array("early".utf8))) { frames in
      let event = try await frames.next()
      #expect(event == .text("early"))
    }
  }

  @Test("fragments byte by byte with a ping between: the pong comes first, then the message")
  func fragments() async throws {
    try await withPeer { frames in
      let bytes =
        masked(.text, Array("frag".utf8), isFinal: false) + masked(.ping, [7])
        + masked(.continuation, Array("ment".utf8))
      for byte in bytes { try await frames.connection.write([byte]) }
      #expect(try await frames.next() == .pong([7]))
      #expect(try await frames.next() == .text("fragment"))
    }
  }

  @Test(
    "a server fails the connection with the right code and then closes it",
    arguments: [
      ([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], 1002),  // not masked
      ([0xC1, 0x80, 0, 0, 0, 0], 1002),
      ([0x83, 0x80, 0, 0, 0, 0], 1002),
      ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
      ([0x82, 0xFE, 0x03, 0xE9], 1009),
    ] as [([UInt8], UInt16)])
  func failed(_ bytes: [UInt8], _ code: UInt16) async throws {
    let closes = Recorder<String>()
    try await withPeer(closes: closes) { frames in
      // The bytes that follow are dropped, and must not turn the close into a reset.
      try await frames.connection.write(bytes + masked(.text, [0x61]))
      guard case .close(let found, let reason) = try await frames.next() else {
        Issue.record("no close frame")
        return
      }
      #expect(found == code)
      #expect(!reason.isEmpty)
      #expect(try await frames.next() == nil)
      #expect(await eventually { closes.all == ["\(code)"] })
    }
  }

  @Test("a close is answered with its code and the connection ends")
  func closeAnswered() async throws {
    try await withPeer { frames in
      try await frames.connection.write(
        masked(.close, WebSocketFrame.closePayload(code: 4711, reason: "x")))
      #expect(try await frames.next() == .close(code: 4711, reason: ""))
      #expect(try await frames.next() == nil)
    }
  }

  /// A server by hand that shakes hands and then does `serve`.
  private func withHandServer(
    accept: @escaping @Sendable (String) -> String = { WebSocketHandshake.acceptValue(for: $0) },
    _ serve: @escaping @Sendable (inout RawFrames) async throws -> Void,
    body: (_ url: String) async throws -> Void
  ) async throws {
    try await withRawServer { connection in
      let head = try await readHead(connection) ?? []
      let headers = headers(of: head)
      let answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        + "Sec-WebSocket-Accept: \(accept(headers["Sec-WebSocket-Key"] ?? ""))\r\n\r\n"
      try await connection.write(Array(answer.utf8))
      var frames = RawFrames(connection, reading: .server)
      try await serve(&frames)
    } body: { base, _ in
      try await body("ws" + base.dropFirst(4) + "/")
    }
  }

  @Test("the client masks, answers pings and takes fragments")
  func client() async throws {
    let seen = Recorder<WebSocketParser.Event>()
    try await withHandServer { frames in
      try await frames.connection.write(
        WebSocketFrame.encode(.ping, [1, 2])
          + WebSocketFrame.encode(.text, Array("a".utf8), isFinal: false)
          + WebSocketFrame.encode(.continuation, Array("b".utf8)))
      // The parser reads as a server and refuses what is not masked.
      while let event = try await frames.next() { seen.add(event) }
    } body: { url in
      let client = try await dial(url)
      #expect(try await client.receive() == .text("ab"))
      try await client.send(text: "masked")
      #expect(await eventually { seen.all == [.pong([1, 2]), .text("masked")] })
    }
  }

  @Test(
    "the client fails the connection with the right code",
    arguments: [
      ([0x81, 0x81, 0, 0, 0, 0, 0x61], 1002), ([0x80, 0x00], 1002), ([0x81, 0x01, 0xFF], 1007),
      ([0x82, 0x7E, 0x03, 0xE9], 1009),
    ] as [([UInt8], UInt16)])
  func clientFails(_ bytes: [UInt8], _ code: UInt16) async throws {
    let seen = Recorder<UInt16>()
    try await withHandServer { frames in
      try await frames.connection.write(bytes)
      if case .close(let code, _) = try await frames.next() { seen.add(code) }
    } body: { url in
      let client = try await dial(url, messageLimit: 1000)
      guard case .closed(let found, let reason) = try await client.receive() else {
        Issue.record("not closed")
        return
      }
      #expect(found == code)
      #expect(!reason.isEmpty)
      #expect(await eventually { seen.all == [code] })
    }
  }

  @Test("cancelling a send to a side that does not read ends the wait")
  func cancelSend() async throws {
    try await withHandServer { _ in
      try await Task.sleep(for: .seconds(600))
    } body: { url in
      let client = try await dial(url)
      let task = Task {
        for _ in 0..<1000 { try await client.send(binary: pattern(1 << 20)) }
      }
      try await Task.sleep(for: .milliseconds(50))
      task.cancel()
      await #expect {
        try await task.value
      } throws: { ($0 as? WebSocketError)?.kind == .cancelled }
    }
  }

  @Test("an accept value that answers another request is refused")
  func wrongAccept() async throws {
    try await withHandServer(accept: { _ in "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }) { _ in
    } body: { url in
      await #expect {
        _ = try await dial(url)
      } throws: { ($0 as? WebSocketError)?.kind == .malformed }
    }
  }

  @Test("a server that never answers runs into the deadline; cancelling ends the wait before it")
  func silent() async throws {
    let waiting = Recorder<Int>()
    try await withRawServer { connection in
      waiting.add(1)
      while try await !connection.read(max: 4096).isEmpty {}
    } body: { base, _ in
      let url = "ws" + base.dropFirst(4) + "/"
      await #expect {
        _ = try await WebSocketClient.connect(url, deadline: .milliseconds(100))
      } throws: { ($0 as? WebSocketError)?.kind == .timedOut }
      let task = Task { _ = try await WebSocketClient.connect(url, deadline: .seconds(600)) }
      #expect(await eventually { waiting.all.count == 2 })
      task.cancel()
      await #expect {
        try await task.value
      } throws: { ($0 as? WebSocketError)?.kind == .cancelled }
    }
  }
}

/// The headers of a request's head.
private func headers(of head: [UInt8]) -> HTTPHeaders {
  var headers = HTTPHeaders()
  for line in String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst() {
    let parts = line.split(separator: ":", maxSplits: 1)
    if parts.count == 2 { headers.add(String(parts[0]), String(trimmed(parts[1]))) }
  }
  return headers
}
