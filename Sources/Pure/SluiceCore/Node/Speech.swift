import SluiceJSON

/// Limits on text from another machine, which may be wrong, old or hostile. Such text may enter the
/// ledger, whose lines have a maximum length.
public enum Speech {
  /// The maximum of characters in a text.
  public static let characters = 300
  /// The maximum of bytes in a text: one character may have any number of bytes.
  public static let bytes = 600
  /// The maximum of elements in a list and of members in an object.
  public static let elements = 50
  /// The maximum depth of nested objects and lists.
  public static let depth = 24

  /// The maximum of bytes that a report adds to the ledger; a line has `LedgerEntry.maximumBytes`.
  static let reportBytes = 16 << 10

  /// The text on one line, with `·` for each control character, cut at its limit with `…`.
  public static func text(
    _ text: String, characters: Int = characters, bytes: Int = bytes, isLine: Bool = true
  ) -> String {
    let isControl = isLine ? Self.isControl : { _ in false }
    if text.utf8.count <= characters, !text.unicodeScalars.contains(where: isControl) {
      return text
    }
    var result = String.UnicodeScalarView()
    var (count, size) = (0, 0)
    for scalar in text.unicodeScalars {
      let shown: Unicode.Scalar = isControl(scalar) ? "·" : scalar
      let width = UTF8.width(shown)
      guard count < characters, size + width <= bytes else {
        // The mark counts towards the limits, so that a second cut changes nothing.
        while count >= characters || size + 3 > bytes, let last = result.popLast() {
          count -= 1
          size -= UTF8.width(last)
        }
        result.append("…")
        break
      }
      result.append(shown)
      count += 1
      size += width
    }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
      || (0x2028...0x2029).contains(scalar.value)
  }
}

/// The limits for a JSON value from outside.
struct SpeechLimits: Sendable {
  var characters = Speech.characters
  var bytes = Speech.bytes
  var elements = Speech.elements
  /// Whether texts are reduced to one line.
  var areLines = true

  /// For reports that never enter the ledger: slices, tenants, run log rows, findings. Sluice
  /// compares these texts with the host's own, and a path may have 4096 bytes.
  static let wide = SpeechLimits(
    characters: 4_096, bytes: 4_096, elements: 4_096, areLines: false)
  /// For reports that are still too long. A digest fits.
  static let narrow = SpeechLimits(characters: 100, bytes: 200, elements: 5)

  func cut(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(cut(text))
    case .array(let values): return .array(values.prefix(elements).map(cut))
    case .object(let members):
      // A type's own members are few; only a dictionary from the sender has more.
      let kept = members.sorted { $0.key < $1.key }.prefix(max(elements, Self.ownMembers))
      return .object(
        Dictionary(
          kept.map { (cut($0.key), cut($0.value)) }
        ) { first, _ in first })
    case .null, .bool, .integer: return value
    }
  }

  private func cut(_ text: String) -> String {
    Speech.text(text, characters: characters, bytes: bytes, isLine: areLines)
  }

  /// More members than any report type has.
  private static let ownMembers = 24
}

extension JSONValue {
  /// Whether the value is nested at most `limit` lists and objects deep.
  func isShallow(_ limit: Int) -> Bool {
    switch self {
    case .array(let values): limit > 0 && values.allSatisfy { $0.isShallow(limit - 1) }
    case .object(let members): limit > 0 && members.values.allSatisfy { $0.isShallow(limit - 1) }
    default: true
    }
  }
}

/// A type that a host sends and Sluice cuts to limits.
public protocol HostSpeech: Codable, Sendable {
  /// Kinds that Sluice reads with wide limits and never writes to the ledger.
  static var widelyRead: Set<String> { get }
}

extension HostAnswer: HostSpeech {
  public static let widelyRead: Set = [
    "survey", "runs", "findings", "checked", "inventory", "tenants",
  ]
}

extension HostReport: HostSpeech {
  public static let widelyRead: Set<String> = []
}

extension HostSpeech {
  /// A host's answer or report, cut to the limits. Throws decoding errors, and throws if the value
  /// is nested deeper than anything that Sluice sends.
  public static func heard(_ value: JSONValue) throws -> Self {
    guard value.isShallow(Speech.depth) else { throw SpeechFault.tooDeep }
    let kind = if case .object(let members) = value { members.keys.first ?? "" } else { "" }
    if widelyRead.contains(kind) {
      return try CanonicalJSON.decode(Self.self, from: SpeechLimits.wide.cut(value))
    }
    let cut = SpeechLimits().cut(value)
    let isShort = cut.canonicalBytes().count <= Speech.reportBytes
    return try CanonicalJSON.decode(
      Self.self, from: isShort ? cut : SpeechLimits.narrow.cut(cut))
  }

  /// The same for a value that was never JSON.
  public func heard() throws -> Self { try Self.heard(CanonicalJSON.encode(self)) }
}

public enum SpeechFault: Error, CustomStringConvertible {
  case tooDeep

  public var description: String { "it is nested deeper than \(Speech.depth)" }
}
