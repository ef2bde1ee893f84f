extension JSONValue {
  /// Reads exactly one value. Throws for input outside the canonical form: fractions, exponents,
  /// numbers beyond 64 bits, duplicate keys, invalid UTF-8, lone surrogates, more than 64 levels.
  public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
    var parser = Parser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.isAtEnd else { throw parser.fault("more follows the value") }
    return value
  }
}

private struct Parser {
  static let depthLimit = 64

  let bytes: [UInt8]
  var offset = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }
  var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  func fault(_ message: String) -> JSONError { JSONError(offset: offset, message: message) }

  mutating func skipSpace() {
    while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { offset += 1 }
  }

  mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth < Self.depthLimit else { throw fault("nested too deep") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw fault("the value is missing")
    default: return .integer(try integer())
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
    guard bytes[offset...].starts(with: text.utf8) else { throw fault("not a JSON value") }
    offset += text.utf8.count
    return value
  }

  private mutating func integer() throws(JSONError) -> Int64 {
    let start = offset
    if next == UInt8(ascii: "-") { offset += 1 }
    let digits = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > digits else { throw fault("not a JSON value") }
    if bytes[digits] == UInt8(ascii: "0"), offset > digits + 1 {
      throw fault("a number cannot begin with 0")
    }
    if let byte = next,
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
        || byte == UInt8(ascii: "E")
    {
      throw fault("only integers are allowed")
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    guard let number = Int64(text), JSONValue.integers.contains(number), text != "-0" else {
      throw fault("the number is out of range")
    }
    return number
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    var values: [JSONValue] = []
    skipSpace()
    if next == UInt8(ascii: "]") {
      offset += 1
      return .array([])
    }
    while true {
      values.append(try value(depth: depth + 1))
      skipSpace()
      guard let byte = next else { throw fault("the array does not end") }
      offset += 1
      if byte == UInt8(ascii: "]") { return .array(values) }
      guard byte == UInt8(ascii: ",") else { throw fault("a comma is missing") }
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    var members: [String: JSONValue] = [:]
    skipSpace()
    if next == UInt8(ascii: "}") {
      offset += 1
      return .object([:])
    }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw fault("a key is missing") }
      let name = try string()
      guard members[name] == nil else { throw fault("the key \"\(name)\" stands twice") }
      skipSpace()
      guard next == UInt8(ascii: ":") else { throw fault("a colon is missing") }
      offset += 1
      members[name] = try value(depth: depth + 1)
      skipSpace()
      guard let byte = next else { throw fault("the object does not end") }
      offset += 1
      if byte == UInt8(ascii: "}") { return .object(members) }
      guard byte == UInt8(ascii: ",") else { throw fault("a comma is missing") }
    }
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = next {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("the text is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw fault("a control character stands bare in a text")
      default: text.append(byte)
      }
    }
    throw fault("the text does not end")
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw fault("the text does not end") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: try unicodeEscape())
    default: throw fault("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> [UInt8] {
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), bytes[offset...].starts(with: "\\u".utf8) {
      offset += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw fault("a lone surrogate") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("a lone surrogate") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("four hex digits are missing")
      }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }
}
