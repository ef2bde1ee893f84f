import SluiceJSON

/// How much of what another machine says is taken: it may be wrong, old or hostile, and whatever is
/// taken may come to stand in the ledger, whose lines have an end.
public enum Speech {
  /// Characters of a text, at most.
  public static let characters = 300
  /// And bytes of it: one character may have any number of them.
  public static let bytes = 600
  /// Elements of a list and members of an object.
  public static let elements = 50
  /// Objects and lists within each other.
  public static let depth = 24

  /// Of what a promotion writes to its ledger, in bytes; a line has `LedgerEntry.maximumBytes`.
  static let reportBytes = 16 << 10

  /// The text on one line, with `·` for every control character, cut behind its limit with `…`.
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
        // The mark counts, too: what was cut once is not cut again.
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

/// What is cut off a JSON value from outside.
struct SpeechLimits: Sendable {
  var characters = Speech.characters
  var bytes = Speech.bytes
  var elements = Speech.elements
  /// Whether a text is put on one line.
  var areLines = true

  /// For reports that are never written to the ledger: slices, tenants, rows of a run ledger, findings.
  /// Sluice compares these texts with what the host has, and a path may have 4096 bytes.
  static let wide = SpeechLimits(
    characters: 4_096, bytes: 4_096, elements: 4_096, areLines: false)
  /// For a report that is too long even so. A digest fits.
  static let narrow = SpeechLimits(characters: 100, bytes: 200, elements: 5)

  func cut(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(cut(text))
    case .array(let values): return .array(values.prefix(elements).map(cut))
    case .object(let members):
      // A type's own members are few; only a dictionary of the sender's has more.
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

  /// More than any type of a report has.
  private static let ownMembers = 24
}

extension JSONValue {
  /// Whether nothing in it lies deeper than `limit` lists and objects.
  func isShallow(_ limit: Int) -> Bool {
    switch self {
    case .array(let values): limit > 0 && values.allSatisfy { $0.isShallow(limit - 1) }
    case .object(let members): limit > 0 && members.values.allSatisfy { $0.isShallow(limit - 1) }
    default: true
    }
  }
}

/// What a host says, and of which only so much is taken.
public protocol HostSpeech: Codable, Sendable {
  /// Kinds that are looked through and never written to the ledger.
  static var widelyRead: Set<String> { get }
}

extension HostAnswer: HostSpeech {
  public static let widelyRead: Set = ["survey", "runs", "findings", "checked"]
}

extension HostReport: HostSpeech {
  public static let widelyRead: Set<String> = []
}

extension HostSpeech {
  /// An answer or a report as it came from a host, cut to what is taken of it. Throws what reading it
  /// throws, and where it is nested deeper than anything that Sluice says.
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

  /// The same for one that was never JSON.
  public func heard() throws -> Self { try Self.heard(CanonicalJSON.encode(self)) }
}

public enum SpeechFault: Error, CustomStringConvertible {
  case tooDeep

  public var description: String { "it is nested deeper than \(Speech.depth)" }
}
