/// A place for one encoded value. A container fills its slot during encoding.
final class Slot {
  enum Content {
    case empty
    case value(JSONValue)
    case array([Slot])
    case object([(String, Slot)])
  }

  var content: Content = .empty
  /// Set for the payload of an enum case. A single unnamed value is then written without its
  /// wrapper, so that a line reads `{"swing":{"host":…}}` and not `{"swing":{"_0":{"host":…}}}`.
  var isCasePayload = false

  var value: JSONValue {
    switch content {
    case .empty: .object([:])
    case .value(let value): value
    case .array(let slots): .array(slots.map(\.value))
    case .object(let members):
      payload(of: members)
        ?? .object(Dictionary(members.map { ($0.0, $0.1.value) }) { _, last in last })
    }
  }

  /// The unnamed value of a case, null if it is nil. A value with a `_0` of its own stays wrapped,
  /// so that the decoder can distinguish the two.
  private func payload(of members: [(String, Slot)]) -> JSONValue? {
    guard isCasePayload, let first = members.first else { return isCasePayload ? .null : nil }
    guard members.count == 1, first.0 == "_0" else { return nil }
    let value = first.1.value
    return value["_0"] == nil ? value : nil
  }

  func member(_ name: String) -> Slot {
    let slot = Slot()
    if case .object(var members) = content {
      content = .empty
      members.append((name, slot))
      content = .object(members)
    } else {
      content = .object([(name, slot)])
    }
    return slot
  }

  func element() -> Slot {
    let slot = Slot()
    if case .array(var slots) = content {
      content = .empty
      slots.append(slot)
      content = .array(slots)
    } else {
      content = .array([slot])
    }
    return slot
  }
}

final class ValueEncoder: Encoder {
  let codingPath: [any CodingKey]
  let slot: Slot
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(codingPath: [any CodingKey], slot: Slot = Slot()) {
    self.codingPath = codingPath
    self.slot = slot
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    if case .empty = slot.content { slot.content = .object([]) }
    return KeyedEncodingContainer(KeyedWriter<Key>(codingPath: codingPath, slot: slot))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .empty = slot.content { slot.content = .array([]) }
    return UnkeyedWriter(codingPath: codingPath, slot: slot)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleWriter(codingPath: codingPath, slot: slot)
  }

  static func store<T: Encodable>(_ value: T, in slot: Slot, path: [any CodingKey]) throws {
    switch value {
    case let value as JSONValue: slot.content = .value(value)
    case let text as String: slot.content = .value(.string(text))
    case let flag as Bool: slot.content = .value(.bool(flag))
    case let number as any BinaryInteger:
      guard let number = Int64(exactly: number), JSONValue.integers.contains(number) else {
        throw EncodingError.invalidValue(
          value, .init(codingPath: path, debugDescription: "the number exceeds 53 bits"))
      }
      slot.content = .value(.integer(number))
    case is any BinaryFloatingPoint:
      throw EncodingError.invalidValue(
        value, .init(codingPath: path, debugDescription: "canonical JSON has integers only"))
    default: try value.encode(to: ValueEncoder(codingPath: path, slot: slot))
    }
  }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let codingPath: [any CodingKey]
  let slot: Slot

  mutating func encodeNil(forKey key: Key) { slot.member(key.stringValue).content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
    try ValueEncoder.store(value, in: slot.member(key.stringValue), path: codingPath + [key])
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key)
    -> KeyedEncodingContainer<Nested>
  {
    let encoder = nested(key)
    encoder.slot.isCasePayload = AnyKey.isSinglePayload(Nested.self)
    return encoder.container(keyedBy: Nested.self)
  }

  mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key).unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { superEncoder(AnyKey("super")) }
  mutating func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key) }

  private func superEncoder(_ key: any CodingKey) -> any Encoder {
    ValueEncoder(codingPath: codingPath + [key], slot: slot.member(key.stringValue))
  }

  private func nested(_ key: Key) -> ValueEncoder {
    ValueEncoder(codingPath: codingPath + [key], slot: slot.member(key.stringValue))
  }
}

private struct UnkeyedWriter: UnkeyedEncodingContainer {
  let codingPath: [any CodingKey]
  let slot: Slot
  var count = 0

  mutating func encodeNil() { add().content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    let path = codingPath + [AnyKey(intValue: count)]
    try ValueEncoder.store(value, in: add(), path: path)
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type)
    -> KeyedEncodingContainer<Nested>
  {
    nested().container(keyedBy: Nested.self)
  }

  mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    nested().unkeyedContainer()
  }

  mutating func superEncoder() -> any Encoder { nested() }

  private mutating func nested() -> ValueEncoder {
    let path = codingPath + [AnyKey(intValue: count)]
    return ValueEncoder(codingPath: path, slot: add())
  }

  private mutating func add() -> Slot {
    count += 1
    return slot.element()
  }
}

private struct SingleWriter: SingleValueEncodingContainer {
  let codingPath: [any CodingKey]
  let slot: Slot

  mutating func encodeNil() { slot.content = .value(.null) }

  mutating func encode<T: Encodable>(_ value: T) throws {
    try ValueEncoder.store(value, in: slot, path: codingPath)
  }
}
