/// A JSON value of Sluice's canonical JSON: integers only, no duplicate keys, sorted when written.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// The integers that can be read and written: those that every JSON reader represents exactly
  /// (RFC 7493 §2.2), `jq` included. A sum, a difference or a thousandfold of them fits into 64
  /// bits.
  public static let integers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

  public subscript(key: String) -> JSONValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  public var text: String? { if case .string(let text) = self { text } else { nil } }
  public var number: Int64? { if case .integer(let number) = self { number } else { nil } }
  public var elements: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements) { _, last in last })
  }
}

/// Why bytes are not canonical JSON.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The byte offset of the fault.
  public let offset: Int
  public let message: String

  public var description: String { "\(message) at byte \(offset)" }

  /// Line and column, both from 1 as in editors; the column counts bytes.
  public func place(in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let feed = UInt8(ascii: "\n")
    let start = before.lastIndex(of: feed).map { $0 + 1 } ?? 0
    return (before.count { $0 == feed } + 1, before.count - start + 1)
  }
}

extension JSONValue: Codable {
  public init(from decoder: any Decoder) throws {
    if let canonical = decoder as? ValueDecoder {
      self = canonical.value
      return
    }
    if let object = try? decoder.container(keyedBy: AnyKey.self) {
      var members: [String: JSONValue] = [:]
      for key in object.allKeys {
        members[key.stringValue] = try object.decode(JSONValue.self, forKey: key)
      }
      self = .object(members)
    } else if var array = try? decoder.unkeyedContainer() {
      var values: [JSONValue] = []
      while !array.isAtEnd { values.append(try array.decode(JSONValue.self)) }
      self = .array(values)
    } else {
      let single = try decoder.singleValueContainer()
      if single.decodeNil() {
        self = .null
      } else if let flag = try? single.decode(Bool.self) {
        self = .bool(flag)
      } else if let number = try? single.decode(Int64.self) {
        self = .integer(number)
      } else {
        self = .string(try single.decode(String.self))
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members):
      var container = encoder.container(keyedBy: AnyKey.self)
      for (name, value) in members { try container.encode(value, forKey: AnyKey(name)) }
    case .array(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let flag):
      var container = encoder.singleValueContainer()
      try container.encode(flag)
    case .integer(let number):
      var container = encoder.singleValueContainer()
      try container.encode(number)
    case .string(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    }
  }
}

struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ name: String) {
    stringValue = name
    intValue = nil
  }
  init(stringValue: String) { self.init(stringValue) }
  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }

  /// Whether a synthesized enum's payload is one unnamed value: its keys include `_0` but not `_1`.
  static func isSinglePayload(_ key: any CodingKey.Type) -> Bool {
    key.init(stringValue: "_0") != nil && key.init(stringValue: "_1") == nil
  }
}
