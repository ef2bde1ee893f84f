/// A host's name in `sluice.yaml`: lower-case letters, digits and `-`, at most 63 bytes.
public struct HostName: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ name: String) { rawValue = name }

  public var description: String { rawValue }

  public static func < (left: HostName, right: HostName) -> Bool { left.rawValue < right.rawValue }

  /// Whether a text may be a host's name. Names go into paths, server names and log lines.
  public static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, bytes.count <= 63 else { return false }
    let isLetterOrDigit: (UInt8) -> Bool = {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    return isLetterOrDigit(first)
      && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
  }
}

extension HostName: Codable, CodingKeyRepresentable {
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  public var codingKey: any CodingKey { NameKey(stringValue: rawValue) }

  public init?<Key: CodingKey>(codingKey: Key) { rawValue = codingKey.stringValue }
}

private struct NameKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// The permanent name of one execution of one order: `<promotion>/<number>`. A second execution
/// with the same id changes nothing and gives the same answer.
public struct OperationID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  public init(promotion: PromotionID, number: Int) { rawValue = "\(promotion.rawValue)/\(number)" }

  /// Whether this id and the other are of one promotion, and this one was ordered later.
  public func isLater(than other: OperationID) -> Bool {
    guard let (promotion, number) = parts, let (another, earlier) = other.parts else {
      return false
    }
    return promotion == another && number > earlier
  }

  private var parts: (promotion: Substring, number: Int)? {
    guard let slash = rawValue.lastIndex(of: "/"),
      let number = Int(rawValue[rawValue.index(after: slash)...])
    else { return nil }
    return (rawValue[..<slash], number)
  }

  public var description: String { rawValue }

  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// The name of one promotion, unique in its ledger.
public struct PromotionID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  public var description: String { rawValue }

  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// The number of a lease: each controller that takes the lease raises it by one. A host or balancer
/// that has seen a higher epoch refuses a lower one.
public struct Epoch: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let number: Int64

  public init(_ number: Int64) { self.number = number }

  public var description: String { String(number) }
  public var next: Epoch { Epoch(number + 1) }

  public static func < (left: Epoch, right: Epoch) -> Bool { left.number < right.number }

  public init(from decoder: any Decoder) throws {
    number = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
  }
}

/// A SHA-256 digest in text form: `sha256:` and 64 lower-case hex digits.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
  public let text: String

  /// Nil unless the text has this form.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    let prefix = Array("sha256:".utf8)
    guard bytes.count == prefix.count + 64, bytes.starts(with: prefix) else { return nil }
    let isHexadecimal = bytes.dropFirst(prefix.count).allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard isHexadecimal else { return nil }
    self.text = text
  }

  /// For texts that have this form by construction.
  init(unchecked text: String) { self.text = text }

  public var description: String { text }

  /// The hex digits alone, for file names and options.
  public var hex: String { String(text.dropFirst(7)) }

  /// The first eight hex digits, for people.
  public var short: String { String(text.dropFirst(7).prefix(8)) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = Digest(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a sha256 digest: \(text)")
    }
    self = digest
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
