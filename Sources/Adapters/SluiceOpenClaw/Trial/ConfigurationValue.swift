import SluiceFoundation
import SluicePorts

/// A value of OpenClaw's configuration, which is JSON5 and may hold fractions.
enum ConfigurationValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([ConfigurationValue])
  case object([String: ConfigurationValue])

  /// Nil: the bytes are no JSON5.
  init?(_ bytes: [UInt8]) {
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    guard let value = try? decoder.decode(ConfigurationValue.self, from: Data(bytes)) else {
      return nil
    }
    self = value
  }

  subscript(key: String) -> ConfigurationValue? {
    get { if case .object(let members) = self { members[key] } else { nil } }
    set {
      var members: [String: ConfigurationValue] = [:]
      if case .object(let present) = self { members = present }
      members[key] = newValue
      self = .object(members)
    }
  }
}

extension ConfigurationValue: Codable {
  private struct Member: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: Member.self) {
      var members: [String: ConfigurationValue] = [:]
      for key in object.allKeys {
        members[key.stringValue] = try object.decode(ConfigurationValue.self, forKey: key)
      }
      self = .object(members)
    } else if var list = try? decoder.unkeyedContainer() {
      var items: [ConfigurationValue] = []
      while !list.isAtEnd { items.append(try list.decode(ConfigurationValue.self)) }
      self = .array(items)
    } else {
      self = try Self.scalar(try decoder.singleValueContainer())
    }
  }

  private static func scalar(
    _ container: any SingleValueDecodingContainer
  ) throws -> ConfigurationValue {
    if container.decodeNil() { return .null }
    if let text = try? container.decode(String.self) { return .string(text) }
    if let flag = try? container.decode(Bool.self) { return .bool(flag) }
    if let whole = try? container.decode(Int64.self) { return .integer(whole) }
    return .number(try container.decode(Double.self))
  }

  func encode(to encoder: any Encoder) throws {
    if case .object(let members) = self {
      var object = encoder.container(keyedBy: Member.self)
      for (name, value) in members { try object.encode(value, forKey: Member(stringValue: name)) }
      return
    }
    var single = encoder.singleValueContainer()
    switch self {
    case .null: try single.encodeNil()
    case .bool(let value): try single.encode(value)
    case .integer(let value): try single.encode(value)
    case .number(let value): try single.encode(value)
    case .string(let value): try single.encode(value)
    case .array(let values): try single.encode(values)
    case .object: break
    }
  }
}
