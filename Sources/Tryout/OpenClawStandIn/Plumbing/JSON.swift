import SluiceFoundation

/// A JSON value whose objects keep the order they were written in: what the stand-in answers looks
/// like what the real gateway answers, byte for byte where nothing varies.
enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  struct Member: Sendable, Equatable {
    let key: String
    let value: JSON
  }

  /// nil when the bytes are not JSON.
  static func parse(_ bytes: [UInt8]) -> JSON? {
    try? JSONDecoder().decode(JSON.self, from: Data(bytes))
  }

  /// OpenClaw's configuration is JSON5; throws what the decoder says.
  static func parseJSON5(_ bytes: [UInt8]) throws -> JSON {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    return try decoder.decode(JSON.self, from: Data(bytes))
  }
}

// MARK: Reading

extension JSON {
  /// A member of an object; nil when it is not there, or this is no object.
  subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// `root.at("gateway.auth.token")`.
  func at(_ path: String) -> JSON? {
    path.split(separator: ".").reduce(self as JSON?) { $0?[String($1)] }
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }
  var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
  var items: [JSON]? { if case .array(let value) = self { value } else { nil } }
  var whole: Int64? { if case .integer(let value) = self { value } else { nil } }
  var keys: [String]? { if case .object(let members) = self { members.map(\.key) } else { nil } }

  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// As the real validator names it: `expected array, received string`.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// The object with one more member at its end.
  func adding(_ key: String, _ value: JSON) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members + [Member(key: key, value: value)])
  }
}

extension JSON: Decodable {
  private struct MemberName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: MemberName.self) {
      let keys = object.allKeys.sorted { $0.stringValue < $1.stringValue }
      self = .object(
        try keys.map {
          Member(key: $0.stringValue, value: try object.decode(JSON.self, forKey: $0))
        }
      )
    } else if var list = try? decoder.unkeyedContainer() {
      var items: [JSON] = []
      while !list.isAtEnd { items.append(try list.decode(JSON.self)) }
      self = .array(items)
    } else {
      self = try Self.scalar(try decoder.singleValueContainer())
    }
  }

  private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSON {
    if container.decodeNil() { return .null }
    if let text = try? container.decode(String.self) { return .string(text) }
    if let flag = try? container.decode(Bool.self) { return .bool(flag) }
    if let whole = try? container.decode(Int64.self) { return .integer(whole) }
    return .double(try container.decode(Double.self))
  }
}

// MARK: Writing

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(nilLiteral: ()) { self = .null }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int64) { self = .integer(value) }
  init(floatLiteral value: Double) { self = .double(value) }
  init(stringLiteral value: String) { self = .string(value) }
  init(arrayLiteral elements: JSON...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(key: $0.0, value: $0.1) })
  }

  static func int(_ value: Int) -> JSON { .integer(Int64(value)) }
  static func strings(_ values: [String]) -> JSON { .array(values.map(JSON.string)) }
}

extension JSON {
  /// One line, as `JSON.stringify` writes it.
  var compact: String {
    var output = ""
    write(to: &output, indent: nil)
    return output
  }

  /// Two spaces a level, as the real command line prints some of its answers.
  var pretty: String {
    var output = ""
    write(to: &output, indent: 0)
    return output
  }

  private func write(to output: inout String, indent: Int?) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += "\(value)"
    case .double(let value): output += value.isFinite ? "\(value)" : "null"
    case .string(let value): Self.writeText(value, to: &output)
    case .array(let items):
      Self.writeList(items, "[", "]", &output, indent) { item, output, indent in
        item.write(to: &output, indent: indent)
      }
    case .object(let members):
      Self.writeList(members, "{", "}", &output, indent) { member, output, indent in
        Self.writeText(member.key, to: &output)
        output += indent == nil ? ":" : ": "
        member.value.write(to: &output, indent: indent)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, _ output: inout String,
    _ indent: Int?, _ write: (Element, inout String, Int?) -> Void
  ) {
    let inner = indent.map { $0 + 2 }
    func newLine(_ level: Int?) -> String {
      level.map { "\n" + String(repeating: " ", count: $0) } ?? ""
    }
    output += open
    for (index, element) in elements.enumerated() {
      output += (index == 0 ? "" : ",") + newLine(inner)
      write(element, &output, inner)
    }
    output += (elements.isEmpty ? "" : newLine(indent)) + close
  }

  private static func writeText(_ text: String, to output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case _ where scalar.value < 0x20:
        let code = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - code.count) + code
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
