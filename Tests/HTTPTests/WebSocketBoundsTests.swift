import Testing

@testable import SluiceHTTP

@Suite("Bounds of WebSocket frames")
struct WebSocketBoundsTests {
  private func events(_ frames: [UInt8], limit: Int = 1 << 20) throws -> [WebSocketParser.Event] {
    var parser = WebSocketParser(role: .client, messageLimit: limit)
    parser.feed(frames)
    var events: [WebSocketParser.Event] = []
    while let event = try parser.next() { events.append(event) }
    return events
  }

  @Test("a control frame holds 125 bytes, and not one more")
  func controlPayload() throws {
    let payload = pattern(125)
    #expect(try events([0x89, 125] + payload) == [.ping(payload)])
    #expect(throws: WebSocketParser.Violation.self) {
      try events([0x89, 126, 0, 126] + pattern(126))
    }
  }

  @Test("a message holds as many bytes as the limit says, in one frame or in several")
  func messageLimit() throws {
    let (half, whole) = (pattern(10), pattern(10) + pattern(10))
    #expect(try events([0x82, 20] + whole, limit: 20) == [.binary(whole)])
    #expect(try events([0x02, 10] + half + [0x80, 10] + half, limit: 20) == [.binary(whole)])
    #expect(throws: WebSocketParser.Violation.self) { try events([0x82, 20] + whole, limit: 19) }
    #expect(throws: WebSocketParser.Violation.self) {
      try events([0x02, 10] + half + [0x80, 10] + half, limit: 19)
    }
  }

  @Test("a close has no code, or a whole one")
  func closeCodes() throws {
    #expect(try events([0x88, 0]) == [.close(code: 1005, reason: "")])
    #expect(try events([0x88, 2, 0x03, 0xE8]) == [.close(code: 1000, reason: "")])
    #expect(throws: WebSocketParser.Violation.self) { try events([0x88, 1, 0x03]) }
  }
}
