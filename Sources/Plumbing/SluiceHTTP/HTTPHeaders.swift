/// Header fields in the order they were added, duplicates kept; names compare without case.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  public private(set) var entries: [(name: String, value: String)] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    entries = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The first value of that name; setting replaces all of that name, nil removes them.
  public subscript(name: String) -> String? {
    get { entries.first { asciiEqual($0.name, name) }?.value }
    set {
      let position = entries.firstIndex { asciiEqual($0.name, name) }
      entries.removeAll { asciiEqual($0.name, name) }
      guard let newValue else { return }
      entries.insert((name, newValue), at: position ?? entries.count)
    }
  }

  /// Every value of that name, in order.
  public func all(_ name: String) -> [String] {
    entries.filter { asciiEqual($0.name, name) }.map(\.value)
  }

  public mutating func add(_ name: String, _ value: String) {
    entries.append((name, value))
  }

  /// Whether a comma-separated list header holds that token (`Connection: keep-alive, Upgrade`).
  func hasToken(_ token: String, in name: String) -> Bool {
    all(name).contains { value in
      value.split(separator: ",").contains { asciiEqual(trimmed($0), token) }
    }
  }
}

extension HTTPHeaders: Equatable {
  public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.entries.elementsEqual(right.entries) {
      asciiEqual($0.name, $1.name) && $0.value == $1.value
    }
  }
}

/// RFC 9110 5.1 and 5.5: a token for the name; no control characters in the value.
func isValidHeader(name: String, value: String) -> Bool {
  !name.isEmpty && name.utf8.allSatisfy(isTokenByte)
    && value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
}

func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"):
    true
  default:
    "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

/// Equal but for the case of ASCII letters.
func asciiEqual(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
  left.utf8.count == right.utf8.count
    && zip(left.utf8, right.utf8).allSatisfy { asciiLowercased($0) == asciiLowercased($1) }
}

private func asciiLowercased(_ byte: UInt8) -> UInt8 {
  (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

/// Without spaces and tabs at both ends.
func trimmed(_ text: Substring) -> Substring {
  var bytes = text.utf8
  while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
  while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
  return Substring(bytes)
}
