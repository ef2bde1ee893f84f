/// Finds whole JSON objects in text: from each brace on the grammar is followed until the object ends
/// or something comes that no JSON has.
struct ObjectScanner {
  private let bytes: [UInt8]
  private var index = 0
  /// Bytes that may still be looked at before another object is looked for. Only text made to be slow
  /// uses it up.
  private var budget: Int

  private static let depthLimit = 200

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    budget = 32 * bytes.count + 4_096
  }

  private enum Fault: Error {
    /// No JSON.
    case other
    /// The text ended before the object did.
    case unfinished
  }

  /// - Returns: the outermost objects, and whether the text ends within one.
  mutating func scan() -> (ranges: [Range<Int>], isOpen: Bool) {
    var ranges: [Range<Int>] = []
    var isOpen = false
    var start = 0
    while start < bytes.count, budget > 0 {
      guard bytes[start] == UInt8(ascii: "{") else {
        start += 1
        continue
      }
      index = start
      do throws(Fault) {
        try value(depth: 0)
        ranges.append(start..<index)
        // The unfinished object was only a brace in a log line.
        isOpen = false
        start = index
      } catch {
        if error == .unfinished { isOpen = true }
        start += 1
      }
    }
    return (ranges, isOpen)
  }

  private mutating func next() throws(Fault) -> UInt8 {
    guard index < bytes.count else { throw .unfinished }
    budget -= 1
    defer { index += 1 }
    return bytes[index]
  }

  private mutating func skipSpaces() {
    while index < bytes.count, ProgramText.isSpace(bytes[index]) {
      index += 1
      budget -= 1
    }
  }

  private mutating func value(depth: Int) throws(Fault) {
    guard depth < Self.depthLimit else { throw .other }
    let first = try next()
    switch first {
    case UInt8(ascii: "{"): try members(depth)
    case UInt8(ascii: "["): try elements(depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("rue")
    case UInt8(ascii: "f"): try word("alse")
    case UInt8(ascii: "n"): try word("ull")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
    default: throw .other
    }
  }

  private mutating func members(_ depth: Int) throws(Fault) {
    skipSpaces()
    var byte = try next()
    if byte == UInt8(ascii: "}") { return }
    while true {
      guard byte == UInt8(ascii: "\"") else { throw .other }
      try string()
      skipSpaces()
      guard try next() == UInt8(ascii: ":") else { throw .other }
      skipSpaces()
      try value(depth: depth + 1)
      skipSpaces()
      byte = try next()
      if byte == UInt8(ascii: "}") { return }
      guard byte == UInt8(ascii: ",") else { throw .other }
      skipSpaces()
      byte = try next()
    }
  }

  private mutating func elements(_ depth: Int) throws(Fault) {
    skipSpaces()
    if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
      index += 1
      return
    }
    while true {
      try value(depth: depth + 1)
      skipSpaces()
      let byte = try next()
      if byte == UInt8(ascii: "]") { return }
      guard byte == UInt8(ascii: ",") else { throw .other }
      skipSpaces()
    }
  }

  private mutating func string() throws(Fault) {
    while true {
      let byte = try next()
      if byte == UInt8(ascii: "\"") { return }
      if byte < 0x20 { throw .other }
      if byte == UInt8(ascii: "\\") { _ = try next() }
    }
  }

  private mutating func word(_ rest: StaticString) throws(Fault) {
    for offset in 0..<rest.utf8CodeUnitCount {
      guard try next() == rest.utf8Start[offset] else { throw .other }
    }
  }

  /// Lenient: the decoder is strict.
  private mutating func number() throws(Fault) {
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
        UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
        index += 1
        budget -= 1
      default: return
      }
    }
    throw .unfinished
  }
}
