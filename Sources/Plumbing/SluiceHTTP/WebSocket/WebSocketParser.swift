/// Turns received bytes into messages and control frames; refuses what RFC 6455 forbids.
struct WebSocketParser {
  enum Event: Equatable {
    case text(String)
    case binary([UInt8])
    case ping([UInt8])
    case pong([UInt8])
    /// 1005 when the frame had no code.
    case close(code: UInt16, reason: String)
  }

  /// The connection must be failed with this code (7.1.7).
  struct Violation: Error, Equatable {
    let code: UInt16
    let reason: String
  }

  private struct Header {
    let opcode: WebSocketOpcode
    let isFinal: Bool
    let key: [UInt8]?
    let headerSize: Int
    let payloadSize: Int
    /// Its message is beyond the limit, and is dropped.
    var isDropped = false
  }

  /// The reader's role: a server gets only masked frames, a client only unmasked ones.
  private let role: WebSocketRole
  private let messageLimit: Int
  /// A message beyond the limit is read past, not refused.
  private let dropsOversized: Bool
  private var buffer: [UInt8] = []
  private var start = 0
  /// The message whose fragments are under way.
  private var fragments: (opcode: WebSocketOpcode, payload: [UInt8])?
  /// Bytes of a dropped frame that are still to come.
  private var bytesToDrop = 0
  /// Fragments of a dropped message are still to come.
  private var isDropping = false

  init(role: WebSocketRole, messageLimit: Int, dropsOversized: Bool = false) {
    self.role = role
    self.messageLimit = messageLimit
    self.dropsOversized = dropsOversized
  }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 16)
      start = 0
    } else if start > 1 << 16 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next whole event; nil when more bytes are needed.
  mutating func next() throws(Violation) -> Event? {
    while dropRest(), let header = try readHeader() {
      if header.isDropped {
        start += header.headerSize
        bytesToDrop = header.payloadSize
        isDropping = !header.isFinal
        fragments = nil
        continue
      }
      let end = header.headerSize + header.payloadSize
      guard buffer.count - start >= end else { return nil }
      var payload = Array(buffer[(start + header.headerSize)..<(start + end)])
      start += end
      if let key = header.key { WebSocketFrame.apply(key, to: &payload) }
      if let event = try take(header, payload) { return event }
    }
    return nil
  }

  /// False while bytes of a dropped frame are missing.
  private mutating func dropRest() -> Bool {
    let dropped = min(bytesToDrop, buffer.count - start)
    start += dropped
    bytesToDrop -= dropped
    return bytesToDrop == 0
  }

  private func readHeader() throws(Violation) -> Header? {
    let available = buffer.count - start
    guard available >= 2 else { return nil }
    let (first, second) = (buffer[start], buffer[start + 1])
    guard first & 0x70 == 0 else { throw protocolError("a reserved bit is set") }
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
      throw protocolError("opcode \(first & 0x0F) is reserved")
    }
    let isFinal = first & 0x80 != 0
    let isMasked = second & 0x80 != 0
    guard isMasked == (role == .server) else {
      throw protocolError(isMasked ? "a server must not mask" : "a client must mask")
    }
    let short = Int(second & 0x7F)
    if opcode.isControl, !isFinal || short > WebSocketFrame.controlPayloadLimit {
      throw protocolError("a control frame is fragmented or too long")
    }
    let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
    let headerSize = 2 + lengthBytes + (isMasked ? 4 : 0)
    guard available >= 2 + lengthBytes else { return nil }
    let payloadSize = lengthBytes == 0 ? short : try readLength(lengthBytes)
    let held = opcode.isControl ? 0 : fragments?.payload.count ?? 0
    let isOversized = !opcode.isControl && payloadSize > messageLimit - held
    guard !isOversized || dropsOversized else {
      throw Violation(code: 1009, reason: "the message has more than \(messageLimit) bytes")
    }
    guard available >= headerSize else { return nil }
    let key = isMasked ? Array(buffer[(start + headerSize - 4)..<(start + headerSize)]) : nil
    return Header(
      opcode: opcode, isFinal: isFinal, key: key, headerSize: headerSize, payloadSize: payloadSize,
      isDropped: isOversized || (isDropping && opcode == .continuation))
  }

  private func readLength(_ count: Int) throws(Violation) -> Int {
    var length: UInt64 = 0
    for index in 0..<count { length = length << 8 | UInt64(buffer[start + 2 + index]) }
    guard length > (count == 2 ? 125 : 0xFFFF) else {
      throw protocolError("a length is not in its shortest form")
    }
    guard let value = Int(exactly: length) else { throw protocolError("a length has bit 63 set") }
    return value
  }

  private mutating func take(_ header: Header, _ payload: [UInt8]) throws(Violation) -> Event? {
    switch header.opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong(payload)
    case .close: return try closeEvent(payload)
    case .text, .binary:
      guard fragments == nil else {
        throw protocolError("a new message began inside a fragmented one")
      }
      if header.isFinal { return try message(header.opcode, payload) }
      fragments = (header.opcode, payload)
      return nil
    case .continuation:
      guard var whole = fragments else { throw protocolError("there is nothing to continue") }
      fragments = nil
      whole.payload += payload
      if header.isFinal { return try message(whole.opcode, whole.payload) }
      fragments = whole
      return nil
    }
  }

  private func message(_ opcode: WebSocketOpcode, _ payload: [UInt8]) throws(Violation) -> Event {
    guard opcode == .text else { return .binary(payload) }
    guard let text = String(validating: payload, as: UTF8.self) else {
      throw Violation(code: 1007, reason: "a text message is not UTF-8")
    }
    return .text(text)
  }

  private func closeEvent(_ payload: [UInt8]) throws(Violation) -> Event {
    guard !payload.isEmpty else { return .close(code: 1005, reason: "") }
    guard payload.count >= 2 else { throw protocolError("a close code is cut") }
    let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
    guard WebSocketFrame.isSendable(code) else {
      throw protocolError("close code \(code) must not be sent")
    }
    guard let reason = String(validating: payload[2...], as: UTF8.self) else {
      throw Violation(code: 1007, reason: "a close reason is not UTF-8")
    }
    return .close(code: code, reason: reason)
  }

  private func protocolError(_ reason: String) -> Violation {
    Violation(code: 1002, reason: reason)
  }
}
