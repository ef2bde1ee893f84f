/// Another program's output, which may be an answer with noise around it: log lines before and
/// after, escape sequences for a terminal, a byte order mark, carriage returns.
///
/// Pure and bounded: any bytes can be read, in time that grows with their number only.
public struct ProgramText: Sendable, Hashable {
  /// The bytes without escape sequences and byte order mark, with plain line feeds.
  public let bytes: [UInt8]
  /// Where whole JSON objects lie that are not part of another one, in their order.
  private let ranges: [Range<Int>]
  /// An object begins that does not end: the program may still be writing it.
  public let isOpen: Bool

  /// - Parameter raw: at most some megabytes.
  public init(_ raw: [UInt8]) {
    bytes = Self.plain(raw)
    var scanner = ObjectScanner(bytes)
    (ranges, isOpen) = scanner.scan()
  }

  /// The objects, each as bytes of JSON.
  public var documents: [[UInt8]] { ranges.map { Array(bytes[$0]) } }

  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The lines that hold anything, without the spaces around them.
  public var lines: [String] {
    text.split(separator: "\n").map { line in
      let start = line.firstIndex { !$0.isWhitespace } ?? line.endIndex
      let end = line.lastIndex { !$0.isWhitespace }.map(line.index(after:)) ?? line.endIndex
      return start < end ? String(line[start..<end]) : ""
    }.filter { !$0.isEmpty }
  }

  /// The text around one object: how many bytes that are no space, and its beginning. Nil without
  /// any.
  ///
  /// - Parameter index: of `documents`.
  public func noise(around index: Int) -> (bytes: Int, start: String)? {
    guard ranges.indices.contains(index) else { return nil }
    let range = ranges[index]
    let around = bytes[..<range.lowerBound] + bytes[range.upperBound...]
    let count = around.count { !Self.isSpace($0) }
    guard count > 0 else { return nil }
    let start = around.drop(while: Self.isSpace).prefix(100).prefix { $0 != UInt8(ascii: "\n") }
    return (count, String(decoding: start, as: UTF8.self))
  }

  /// An object without the spaces between its parts: equal for two that differ in layout only.
  public static func compact(_ document: [UInt8]) -> [UInt8] {
    var isInString = false
    var isEscaped = false
    return document.filter { byte in
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        return true
      }
      if byte == UInt8(ascii: "\"") { isInString = true }
      return !isSpace(byte)
    }
  }

  static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  // MARK: Escape sequences

  private static func plain(_ raw: [UInt8]) -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var plain: [UInt8] = []
    plain.reserveCapacity(raw.count)
    var index = 0
    while index < raw.count {
      let byte = raw[index]
      if byte == 0x1B {
        index = endOfEscape(raw, index)
      } else if byte == 0xEF, raw[index...].starts(with: mark) {
        index += 3
      } else if byte == 0x0D {
        // Alone it ends a line too: programs redraw one so.
        if index + 1 >= raw.count || raw[index + 1] != 0x0A { plain.append(0x0A) }
        index += 1
      } else {
        plain.append(byte)
        index += 1
      }
    }
    return plain
  }

  /// The index after the escape sequence that begins at `start`.
  private static func endOfEscape(_ raw: [UInt8], _ start: Int) -> Int {
    guard start + 1 < raw.count else { return raw.count }
    switch raw[start + 1] {
    case UInt8(ascii: "["):
      // Parameters, then one byte that ends it. Anything else was no sequence: it stays.
      var index = start + 2
      while index < raw.count, (0x20...0x3F).contains(raw[index]) { index += 1 }
      return index < raw.count && (0x40...0x7E).contains(raw[index]) ? index + 1 : index
    case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "^"), UInt8(ascii: "_"):
      // A text up to BEL or ESC \, never over the end of its line.
      var index = start + 2
      while index < raw.count, raw[index] != 0x0A {
        if raw[index] == 0x07 { return index + 1 }
        // ESC \ is a sequence of its own, and so is whatever else begins here.
        if raw[index] == 0x1B { return index }
        index += 1
      }
      return index
    // A character set, such as ESC ( B.
    case 0x20...0x2F: return min(raw.count, start + 3)
    case 0x30...0x7E: return start + 2
    default: return start + 1
    }
  }
}
