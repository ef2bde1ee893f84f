/// Frames of RFC 6455 section 5.
enum WebSocketOpcode: UInt8 {
  case continuation = 0x0
  case text = 0x1
  case binary = 0x2
  case close = 0x8
  case ping = 0x9
  case pong = 0xA

  var isControl: Bool { rawValue & 0x8 != 0 }
}

enum WebSocketRole: Sendable { case client, server }

enum WebSocketFrame {
  static let controlPayloadLimit = 125

  /// One frame's bytes; a client masks (5.3), a server does not.
  static func encode(
    _ opcode: WebSocketOpcode, _ payload: some Collection<UInt8>, isFinal: Bool = true,
    mask: UInt32? = nil
  ) -> [UInt8] {
    let count = payload.count
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    var frame: [UInt8] = []
    frame.reserveCapacity(count + 14)
    frame.append(opcode.rawValue | (isFinal ? 0x80 : 0))
    switch count {
    case ...125:
      frame.append(maskBit | UInt8(count))
    case ...0xFFFF:
      frame += [maskBit | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
    default:
      frame.append(maskBit | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        frame.append(UInt8(truncatingIfNeeded: count >> shift))
      }
    }
    let key = mask.map(keyBytes)
    if let key { frame += key }
    let start = frame.count
    frame += payload
    if let key { apply(key, to: &frame, from: start) }
    return frame
  }

  /// A close frame's payload; without a code it is empty. A reason that is too long is cut at a
  /// character's boundary.
  static func closePayload(code: UInt16?, reason: String) -> [UInt8] {
    guard let code else { return [] }
    var payload = [UInt8(code >> 8), UInt8(code & 0xFF)]
    for scalar in reason.unicodeScalars {
      let encoded = Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      if payload.count + encoded.count > controlPayloadLimit { break }
      payload += encoded
    }
    return payload
  }

  /// Codes that may be sent in a close frame (7.4).
  static func isSendable(_ code: UInt16) -> Bool {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  static func keyBytes(_ key: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: key >> $0) }
  }

  /// Masks or unmasks in place: byte i with key byte i mod 4.
  static func apply(_ key: [UInt8], to bytes: inout [UInt8], from start: Int = 0) {
    let (first, second, third, fourth) = (key[0], key[1], key[2], key[3])
    bytes.withUnsafeMutableBufferPointer { bytes in
      var index = start
      while index + 4 <= bytes.count {
        bytes[index] ^= first
        bytes[index + 1] ^= second
        bytes[index + 2] ^= third
        bytes[index + 3] ^= fourth
        index += 4
      }
      for (offset, index) in (index..<bytes.count).enumerated() { bytes[index] ^= key[offset] }
    }
  }
}
