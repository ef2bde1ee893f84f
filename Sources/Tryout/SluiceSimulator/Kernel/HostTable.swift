import SluiceCore

/// One value a host. A fleet is small: its names are compared quicker than they are hashed, and a value
/// that is large is changed where it stands.
struct HostTable<Value: Sendable>: Sendable, ExpressibleByDictionaryLiteral {
  private(set) var hosts: [HostName] = []
  private var values: [Value?] = []

  init() {}

  init(dictionaryLiteral elements: (HostName, Value)...) {
    for (host, value) in elements { self[host] = value }
  }

  init(_ elements: some Sequence<(HostName, Value)>) {
    for (host, value) in elements { self[host] = value }
  }

  subscript(host: HostName) -> Value? {
    _read {
      if let index = hosts.firstIndex(of: host) { yield values[index] } else { yield nil }
    }
    _modify {
      if let index = hosts.firstIndex(of: host) {
        yield &values[index]
      } else {
        var value: Value?
        defer {
          if let value {
            hosts.append(host)
            values.append(value)
          }
        }
        yield &value
      }
    }
  }

  /// A look at a value where it stands: to read a part of it through the subscript copies the whole.
  mutating func at<Result>(_ host: HostName, _ body: (inout Value) -> Result) -> Result? {
    guard let index = hosts.firstIndex(of: host), values[index] != nil else { return nil }
    return body(&values[index]!)
  }

  subscript(host: HostName, default standard: @autoclosure () -> Value) -> Value {
    get { self[host] ?? standard() }
    set { self[host] = newValue }
  }

  mutating func removeValue(forKey host: HostName) -> Value? {
    guard let index = hosts.firstIndex(of: host) else { return nil }
    return values[index].take()
  }

  func mapValues<Other>(_ body: (Value) -> Other) -> HostTable<Other> {
    HostTable<Other>(
      zip(hosts, values).compactMap { host, value in value.map { (host, body($0)) } })
  }
}

extension HostTable: Equatable where Value: Equatable {}
extension HostTable: Hashable where Value: Hashable {}
