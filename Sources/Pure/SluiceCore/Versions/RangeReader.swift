/// Parses the text of a range.
enum RangeReader {
  typealias Comparator = SemanticRange.Comparator

  static func alternatives(of text: String) -> [String] {
    var parts: [String] = [""]
    var previous: Character?
    for character in text {
      if character == "|", previous == "|" {
        parts[parts.count - 1].removeLast()
        parts.append("")
        previous = nil
      } else {
        parts[parts.count - 1].append(character)
        previous = character
      }
    }
    return parts
  }

  /// The comparators of the text between two `||`; nil if it is no range.
  static func comparators(of text: String) -> [Comparator]? {
    let words = joined(text.split(whereSeparator: \.isWhitespace).map(String.init))
    if words.count == 3, words[1] == "-" {
      guard let low = PartialVersion(words[0]), let high = PartialVersion(words[2]) else {
        return nil
      }
      return [low.floor, high.ceiling].compactMap(\.self)
    }
    var found: [Comparator] = []
    for word in words {
      guard let comparators = simple(word) else { return nil }
      found += comparators
    }
    return found
  }

  /// White space may separate an operator from its version.
  private static func joined(_ words: [String]) -> [String] {
    var joined: [String] = []
    for word in words {
      if let last = joined.last, operators.contains(last) {
        joined[joined.count - 1] = last + word
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  /// Longest first.
  private static let operators = ["~>", ">=", "<=", "~", "^", ">", "<", "="]

  private static func simple(_ word: String) -> [Comparator]? {
    let mark = operators.first { word.hasPrefix($0) } ?? ""
    guard let version = PartialVersion(String(word.dropFirst(mark.count))) else { return nil }
    switch mark {
    case "~", "~>": return version.tilde
    case "^": return version.caret
    case ">": return version.above
    case ">=": return [version.floor].compactMap(\.self)
    case "<": return version.below
    case "<=": return version.isAny ? [] : [version.ceiling].compactMap(\.self)
    default: return version.exact
    }
  }
}

/// A version whose last parts may be missing or `x`.
struct PartialVersion {
  let major: Int?
  let minor: Int?
  let patch: Int?
  /// With its dash; empty if there is none.
  let prerelease: String

  private static let greatest = 9_007_199_254_740_991

  init?(_ text: String) {
    var rest = text[...]
    while let first = rest.first, first == "v" || first == "=" { rest.removeFirst() }
    let release = rest.prefix { $0 != "-" && $0 != "+" }
    let tail = rest[release.endIndex...]
    let parts = release.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 3 else { return nil }
    var numbers: [Int?] = []
    for part in parts {
      if ["x", "X", "*"].contains(part) {
        numbers.append(nil)
      } else {
        guard SemanticVersion.isNumber(part), let number = Int(part), number <= Self.greatest else {
          return nil
        }
        numbers.append(number)
      }
    }
    guard tail.isEmpty || numbers.count == 3 && SemanticVersion("0.0.0\(tail)") != nil else {
      return nil
    }
    while numbers.count < 3 { numbers.append(nil) }
    major = numbers[0]
    minor = major == nil ? nil : numbers[1]
    patch = minor == nil ? nil : numbers[2]
    prerelease = patch == nil ? "" : String(tail.prefix { $0 != "+" })
  }

  var isAny: Bool { major == nil }

  private static func comparator(
    _ relation: SemanticRange.Relation, _ major: Int, _ minor: Int, _ patch: Int,
    _ prerelease: String = ""
  ) -> SemanticRange.Comparator? {
    SemanticVersion("\(major).\(minor).\(patch)\(prerelease)")
      .map { .init(relation: relation, version: $0) }
  }

  private func own(_ relation: SemanticRange.Relation) -> SemanticRange.Comparator? {
    Self.comparator(relation, major ?? 0, minor ?? 0, patch ?? 0, prerelease)
  }

  /// Below the successor of the last written part; `-0` sorts before all versions of that release.
  private var underNext: SemanticRange.Comparator? {
    guard let major else { return nil }
    guard let minor else { return Self.comparator(.less, major + 1, 0, 0, "-0") }
    return Self.comparator(.less, major, minor + 1, 0, "-0")
  }

  /// The lower bound.
  var floor: SemanticRange.Comparator? { isAny ? nil : own(.atLeast) }

  /// The upper bound.
  var ceiling: SemanticRange.Comparator? {
    if isAny { return nil }
    return patch == nil ? underNext : own(.atMost)
  }

  var exact: [SemanticRange.Comparator] {
    if patch != nil { return [own(.equal)].compactMap(\.self) }
    return [floor, underNext].compactMap(\.self)
  }

  var tilde: [SemanticRange.Comparator] { [floor, underNext].compactMap(\.self) }

  /// The first part that is not 0 must stay equal.
  var caret: [SemanticRange.Comparator] {
    guard let major else { return [] }
    let next: SemanticRange.Comparator?
    if major > 0 || minor == nil {
      next = Self.comparator(.less, major + 1, 0, 0, "-0")
    } else if let minor, minor > 0 || patch == nil {
      next = Self.comparator(.less, 0, minor + 1, 0, "-0")
    } else {
      next = Self.comparator(.less, 0, 0, (patch ?? 0) + 1, "-0")
    }
    return [floor, next].compactMap(\.self)
  }

  private static var nothing: [SemanticRange.Comparator] {
    [comparator(.less, 0, 0, 0, "-0")].compactMap(\.self)
  }

  var above: [SemanticRange.Comparator] {
    guard let major else { return Self.nothing }
    if patch != nil { return [own(.more)].compactMap(\.self) }
    let next =
      minor.map { Self.comparator(.atLeast, major, $0 + 1, 0) }
      ?? Self.comparator(.atLeast, major + 1, 0, 0)
    return [next].compactMap(\.self)
  }

  var below: [SemanticRange.Comparator] {
    guard let major else { return Self.nothing }
    if patch != nil { return [own(.less)].compactMap(\.self) }
    return [Self.comparator(.less, major, minor ?? 0, 0, "-0")].compactMap(\.self)
  }
}
