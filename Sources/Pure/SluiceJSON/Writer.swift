extension JSONValue {
  /// The canonical form: keys sorted by their UTF-8 bytes, no spaces.
  public func canonicalBytes() -> [UInt8] {
    var output: [UInt8] = []
    write(to: &output)
    return output
  }

  public var canonicalText: String { String(decoding: canonicalBytes(), as: UTF8.self) }

  /// For people: the same order, one member a line.
  public func prettyText(indent: Int = 2) -> String {
    var output: [UInt8] = []
    write(to: &output, indent: indent, level: 0)
    return String(decoding: output, as: UTF8.self)
  }

  private func write(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
    case .integer(let number): output.append(contentsOf: String(number).utf8)
    case .string(let text): Self.write(text, to: &output)
    case .array(let values):
      output.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        value.write(to: &output)
      }
      output.append(UInt8(ascii: "]"))
    case .object(let members):
      output.append(UInt8(ascii: "{"))
      for (index, name) in Self.sorted(members.keys).enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        Self.write(name, to: &output)
        output.append(UInt8(ascii: ":"))
        members[name]?.write(to: &output)
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  private func write(to output: inout [UInt8], indent: Int, level: Int) {
    let inner = [UInt8(ascii: "\n")] + [UInt8](repeating: 32, count: indent * (level + 1))
    let outer = [UInt8(ascii: "\n")] + [UInt8](repeating: 32, count: indent * level)
    switch self {
    case .array(let values) where !values.isEmpty:
      output.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        output.append(contentsOf: inner)
        value.write(to: &output, indent: indent, level: level + 1)
      }
      output.append(contentsOf: outer + [UInt8(ascii: "]")])
    case .object(let members) where !members.isEmpty:
      output.append(UInt8(ascii: "{"))
      for (index, name) in Self.sorted(members.keys).enumerated() {
        if index > 0 { output.append(UInt8(ascii: ",")) }
        output.append(contentsOf: inner)
        Self.write(name, to: &output)
        output.append(contentsOf: ": ".utf8)
        members[name]?.write(to: &output, indent: indent, level: level + 1)
      }
      output.append(contentsOf: outer + [UInt8(ascii: "}")])
    default: write(to: &output)
    }
  }

  private static func sorted(_ names: Dictionary<String, JSONValue>.Keys) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static let hexadecimal = Array("0123456789abcdef".utf8)

  private static func write(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
      case 0x08: output.append(contentsOf: "\\b".utf8)
      case 0x09: output.append(contentsOf: "\\t".utf8)
      case 0x0A: output.append(contentsOf: "\\n".utf8)
      case 0x0C: output.append(contentsOf: "\\f".utf8)
      case 0x0D: output.append(contentsOf: "\\r".utf8)
      case 0..<0x20:
        output.append(contentsOf: "\\u00".utf8)
        output.append(hexadecimal[Int(byte >> 4)])
        output.append(hexadecimal[Int(byte & 15)])
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }
}
