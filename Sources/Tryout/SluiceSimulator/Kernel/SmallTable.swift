import SluiceCore

/// One value for each of a few keys: the hosts or the controllers of a world. To compare few keys
/// is quicker than to hash them, and a large value is changed in place: a dictionary moves it out
/// and in.
struct SmallTable<Key: Hashable & Sendable, Value: Sendable>: Sendable,
  ExpressibleByDictionaryLiteral
{
  /// Every key that ever had a value.
  private(set) var keys: [Key] = []
  private var values: [Value?] = []

  init() {}

  init(dictionaryLiteral elements: (Key, Value)...) {
    for (key, value) in elements { self[key] = value }
  }

  init(_ elements: some Sequence<(Key, Value)>) {
    for (key, value) in elements { self[key] = value }
  }

  subscript(key: Key) -> Value? {
    _read {
      if let index = keys.firstIndex(of: key) { yield values[index] } else { yield nil }
    }
    _modify {
      if let index = keys.firstIndex(of: key) {
        yield &values[index]
      } else {
        var value: Value?
        defer {
          if let value {
            keys.append(key)
            values.append(value)
          }
        }
        yield &value
      }
    }
  }

  /// Gives `body` a value in place: to read a part of it through the subscript copies the whole.
  mutating func at<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
    guard let index = keys.firstIndex(of: key), values[index] != nil else { return nil }
    return body(&values[index]!)
  }

  subscript(key: Key, default standard: @autoclosure () -> Value) -> Value {
    get { self[key] ?? standard() }
    set { self[key] = newValue }
  }

  mutating func removeValue(forKey key: Key) -> Value? {
    guard let index = keys.firstIndex(of: key) else { return nil }
    return values[index].take()
  }

  func mapValues<Other>(_ body: (Value) -> Other) -> SmallTable<Key, Other> {
    SmallTable<Key, Other>(
      zip(keys, values).compactMap { key, value in value.map { (key, body($0)) } })
  }
}

extension SmallTable: Equatable where Value: Equatable {}
extension SmallTable: Hashable where Value: Hashable {}

typealias HostTable<Value: Sendable> = SmallTable<HostName, Value>
