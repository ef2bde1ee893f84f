import Testing

@testable import SluiceHTTP

/// The examples of RFC 6455 5.7, and what the RFC forbids.
@Suite("WebSocket frames")
struct WebSocketFrameTests {
  private static let hello = Array("Hello".utf8)
  private static let key: UInt32 = 0x37fa_213d

  private func events(
    _ bytes: [UInt8], as role: WebSocketRole, limit: Int = 1 << 20
  ) throws(WebSocketParser.Violation) -> [WebSocketParser.Event] {
    var parser = WebSocketParser(role: role, messageLimit: limit)
    parser.feed(bytes)
    var events: [WebSocketParser.Event] = []
    while let event = try parser.next() { events.append(event) }
    return events
  }

  private func violation(_ bytes: [UInt8], as role: WebSocketRole, limit: Int = 1 << 20) -> UInt16?
  {
    do {
      _ = try events(bytes, as: role, limit: limit)
      return nil
    } catch {
      return error.code
    }
  }

  @Test("the RFC's examples encode to its bytes")
  func encoding() {
    #expect(
      WebSocketFrame.encode(.text, Self.hello) == [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    #expect(
      WebSocketFrame.encode(.text, Self.hello, mask: Self.key)
        == [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    #expect(
      WebSocketFrame.encode(.text, Array("Hel".utf8), isFinal: false) == [
        0x01, 0x03, 0x48, 0x65, 0x6c,
      ])
    #expect(WebSocketFrame.encode(.continuation, Array("lo".utf8)) == [0x80, 0x02, 0x6c, 0x6f])
    #expect(
      WebSocketFrame.encode(.ping, Self.hello) == [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f])
    #expect(
      WebSocketFrame.encode(.pong, Self.hello, mask: Self.key)
        == [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58])
    #expect(WebSocketFrame.encode(.binary, pattern(256)).prefix(4) == [0x82, 0x7e, 0x01, 0x00])
    #expect(
      WebSocketFrame.encode(.binary, pattern(65536)).prefix(10)
        == [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0])
  }

  @Test("the RFC's examples are read")
  func decoding() throws {
    #expect(
      try events([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], as: .client) == [.text("Hello")])
    #expect(
      try events([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], as: .server)
        == [.text("Hello")])
    #expect(
      try events([0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], as: .client)
        == [.text("Hello")])
    #expect(
      try events([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58], as: .server)
        == [.pong(Self.hello)])
  }

  @Test(
    "any payload survives, masked or not, fed in pieces",
    arguments: [0, 1, 3, 125, 126, 127, 65535, 65536])
  func roundTrip(_ count: Int) throws {
    let payload = pattern(count)
    for (role, mask) in [(WebSocketRole.server, Optional(Self.key)), (.client, nil)] {
      let frame = WebSocketFrame.encode(.binary, payload, mask: mask)
      var parser = WebSocketParser(role: role, messageLimit: 1 << 20)
      // Byte by byte through the header, then in odd pieces: nothing is whole before the end.
      var early = 0
      for piece in pieces(frame.dropLast()) {
        parser.feed(piece)
        if try parser.next() != nil { early += 1 }
      }
      #expect(early == 0)
      parser.feed(frame.suffix(1))
      #expect(try parser.next() == .binary(payload))
    }
  }

  @Test("a ping between fragments is seen first, and the message is whole")
  func interleaved() throws {
    let bytes =
      WebSocketFrame.encode(.text, Array("Hé".utf8).dropLast(), isFinal: false)
      + WebSocketFrame.encode(.ping, [1]) + WebSocketFrame.encode(.continuation, [0xa9])
    #expect(try events(bytes, as: .client) == [.ping([1]), .text("Hé")])
  }

  @Test("a close frame gives code and reason, or 1005")
  func close() throws {
    let payload = WebSocketFrame.closePayload(code: 4001, reason: "bye")
    #expect(
      try events(WebSocketFrame.encode(.close, payload), as: .client)
        == [.close(code: 4001, reason: "bye")])
    #expect(try events([0x88, 0x00], as: .client) == [.close(code: 1005, reason: "")])
  }

  @Test("a reason that is too long is cut between characters")
  func longReason() throws {
    let payload = WebSocketFrame.closePayload(
      code: 1000, reason: String(repeating: "é", count: 100))
    #expect(payload.count == 124)
    #expect(String(validating: payload[2...], as: UTF8.self)?.count == 61)
  }

  @Test(
    "what the RFC forbids is a protocol error (1002)",
    arguments: [
      [0xC1, 0x00], [0xA1, 0x00], [0x91, 0x00],  // reserved bits
      [0x83, 0x00], [0x87, 0x00], [0x8B, 0x00], [0x8F, 0x00],  // reserved opcodes
      [0x81, 0x80],  // masked by a server
      [0x09, 0x00],  // fragmented ping
      [0x89, 0x7E],  // long ping
      [0x80, 0x00],  // continuation of nothing
      [0x01, 0x01, 0x61, 0x81, 0x01, 0x61],  // a message inside a message
      [0x82, 0x7E, 0x00, 0x7D],  // length not minimal
      [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
      [0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0],  // bit 63
      [0x88, 0x01, 0x03],  // half a close code
      [0x88, 0x02, 0x03, 0xED], [0x88, 0x02, 0x03, 0xEE],  // 1005, 1006
      [0x88, 0x02, 0x00, 0x00], [0x88, 0x02, 0x0B, 0xB7], [0x88, 0x02, 0x13, 0x88],  // 0 2999 5000
    ] as [[UInt8]])
  func protocolErrors(_ bytes: [UInt8]) { #expect(violation(bytes, as: .client) == 1002) }

  @Test("a server refuses what is not masked")
  func unmasked() { #expect(violation([0x81, 0x00], as: .server) == 1002) }

  @Test(
    "text or a reason that is not UTF-8 is 1007",
    arguments: [
      [0x81, 0x01, 0xFF], [0x81, 0x02, 0xC0, 0x80], [0x81, 0x03, 0xED, 0xA0, 0x80],
      [0x81, 0x04, 0xF5, 0x80, 0x80, 0x80], [0x01, 0x01, 0xC3, 0x80, 0x01, 0x28],
      [0x88, 0x03, 0x03, 0xE8, 0xFF],
    ] as [[UInt8]])
  func invalidText(_ bytes: [UInt8]) { #expect(violation(bytes, as: .client) == 1007) }

  @Test("a message over the limit is 1009 before its bytes arrive, in one piece or many")
  func tooLarge() throws {
    let limit = 200
    #expect(violation([0x82, 0x7E, 0x00, 0xC9], as: .client, limit: limit) == 1009)
    let half = WebSocketFrame.encode(.binary, pattern(150), isFinal: false)
    #expect(violation(half + [0x80, 51], as: .client, limit: limit) == 1009)
    let whole = half + WebSocketFrame.encode(.continuation, pattern(50))
    #expect(try events(whole, as: .client, limit: limit).count == 1)
  }

  @Test("the accept value is the RFC's")
  func acceptValue() {
    #expect(
      WebSocketHandshake.acceptValue(for: "dGhlIHNhbXBsZSBub25jZQ==")
        == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test("a handshake is accepted only when it is whole")
  func handshake() throws {
    let good: HTTPHeaders = [
      "Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    #expect(throws: Never.self) { try WebSocketHandshake.accept(method: "GET", good).get() }
    func status(_ method: String, _ name: String, _ value: String?) -> Int? {
      var headers = good
      headers[name] = value
      guard case .failure(let refusal) = WebSocketHandshake.accept(method: method, headers) else {
        return nil
      }
      return refusal.response.status
    }
    #expect(status("POST", "X", nil) == 426)
    #expect(status("GET", "Upgrade", nil) == 426)
    #expect(status("GET", "Connection", "close") == 426)
    #expect(status("GET", "Sec-WebSocket-Version", "8") == 426)
    #expect(status("GET", "Sec-WebSocket-Key", "c2hvcnQ=") == 400)
  }
}

/// The first bytes one by one, the rest in pieces of 4099.
private func pieces(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
  let rest = bytes.dropFirst(20)
  return bytes.prefix(20).indices.map { bytes[$0...$0] }
    + stride(from: rest.startIndex, to: rest.endIndex, by: 4099).map {
      bytes[$0..<min($0 + 4099, rest.endIndex)]
    }
}
