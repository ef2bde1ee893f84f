@testable import SluiceHTTP

/// HTTP and WebSockets, as far as Sluice's own code reads them.
extension FuzzParser {
  static let httpHead = FuzzParser(
    "http-head", maximumBytes: 512,
    words: [
      "HTTP/1.1 101 ", "\r\n", "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Key: ",
      "Sec-WebSocket-Accept: ", "Sec-WebSocket-Version: 13",
    ]
  ) { bytes in
    guard let (status, headers) = WebSocketHandshake.parseHead(bytes) else { return }
    try require((100...999).contains(status), "an answer has the status \(status)")
    _ = WebSocketHandshake.problem(with: headers, key: "dGhlIHNhbXBsZSBub25jZQ==")
    if case .success(let value) = WebSocketHandshake.accept(method: "GET", headers) {
      try require(value.utf8.count == 28, "an accept value is \(value)")
    }
    for (name, _) in headers.entries {
      try require(headers.all(name).first == headers[name], "a header has two first values")
    }
    var copy = headers
    copy["Upgrade"] = nil
    try require(copy["upgrade"] == nil, "a header that was removed is there")
  }

  static let httpTarget = FuzzParser(
    "http-target", maximumBytes: 256, words: ["%2F", "://", "?a=b&", "#", "@", "%00"]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let target = HTTPTarget(text) {
      try require(!target.path.utf8.contains(0), "a path holds a zero byte")
    }
    _ = HTTPTarget.of(url: text)
    let shown = HTTPTarget.withoutSecrets("http://user:secret@host/?" + text)
    try require(shown == "http://host/", "a URL shows its secrets")
    _ = HTTPTarget.withoutSecrets(text)
  }

  /// The first byte chooses who reads, whether long messages are dropped, and where the stream is cut.
  static let webSocket = FuzzParser("websocket", maximumBytes: 512) { bytes in
    guard let kind = bytes.first else { return }
    let stream = bytes.dropFirst()
    let role: WebSocketRole = kind & 1 == 0 ? .client : .server
    func parser() -> WebSocketParser {
      WebSocketParser(role: role, messageLimit: 64, dropsOversized: kind & 2 != 0)
    }
    var whole = parser()
    whole.feed(stream)
    let expected = events(&whole)
    var slow = parser()
    var found: [WebSocketParser.Event] = []
    var fault: WebSocketParser.Violation?
    for byte in stream where fault == nil {
      slow.feed([byte])
      let more = events(&slow)
      found += more.events
      fault = more.fault
    }
    try require(found == expected.events, "a stream in pieces has other messages")
    try require(fault == expected.fault, "a stream in pieces breaks another rule")
    for event in found {
      switch event {
      case .text(let text): try require(text.utf8.count <= 64, "a message is too long")
      case .binary(let message): try require(message.count <= 64, "a message is too long")
      case .ping(let payload), .pong(let payload):
        try require(payload.count <= 125, "a control frame is too long")
      case .close(let code, let reason):
        try require(reason.utf8.count <= 123, "a reason is too long")
        if code != 1005 {
          try require(
            WebSocketFrame.closePayload(code: code, reason: reason).count == reason.utf8.count + 2,
            "a reason that came cannot be sent")
        }
      }
      try same(event, role)
    }
  }

  private static func events(
    _ parser: inout WebSocketParser
  ) -> (events: [WebSocketParser.Event], fault: WebSocketParser.Violation?) {
    var events: [WebSocketParser.Event] = []
    do throws(WebSocketParser.Violation) {
      while let event = try parser.next() { events.append(event) }
    } catch { return (events, error) }
    return (events, nil)
  }

  /// A frame that was read gives the same value when it is sent and read again.
  private static func same(_ event: WebSocketParser.Event, _ role: WebSocketRole) throws {
    let mask: UInt32? = role == .server ? 0x1234_5678 : nil
    let frame: [UInt8]
    switch event {
    case .text(let text): frame = WebSocketFrame.encode(.text, Array(text.utf8), mask: mask)
    case .binary(let bytes): frame = WebSocketFrame.encode(.binary, bytes, mask: mask)
    case .ping(let bytes): frame = WebSocketFrame.encode(.ping, bytes, mask: mask)
    case .pong(let bytes): frame = WebSocketFrame.encode(.pong, bytes, mask: mask)
    case .close(let code, let reason):
      frame = WebSocketFrame.encode(
        .close, WebSocketFrame.closePayload(code: code == 1005 ? nil : code, reason: reason),
        mask: mask)
    }
    var parser = WebSocketParser(role: role, messageLimit: 64)
    parser.feed(frame)
    try require((try? parser.next()) == event, "a frame reads as another one")
  }
}
