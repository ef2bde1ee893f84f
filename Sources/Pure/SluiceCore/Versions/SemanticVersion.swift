/// A skill pack's version by Semantic Versioning 2.0.0, strictly: no `v`, no leading zeros, ASCII,
/// at most 64 bytes.
public struct SemanticVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// A part between dots. Numbers stay digits, because SemVer gives them no bound.
  enum Identifier: Sendable, Hashable {
    case number(String)
    case name(String)
  }

  public let description: String
  let core: [Identifier]
  let prerelease: [Identifier]
  /// The text after `+`; empty if there is none.
  public let build: String

  public static let maximumBytes = 64

  /// Nil unless the text is a version by the grammar of SemVer 2.0.0.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes else { return nil }
    let (rest, build) = Self.cut(text, at: "+")
    let (numbers, prerelease) = Self.cut(rest, at: "-")
    let core = Self.parts(numbers).map(Self.number)
    guard core.count == 3, core.allSatisfy({ $0 != nil }) else { return nil }
    let identifiers = prerelease.map { Self.parts($0).map(Self.identifier) } ?? []
    guard identifiers.allSatisfy({ $0 != nil }) else { return nil }
    guard build.map({ Self.parts($0).allSatisfy(Self.isWord) }) ?? true else { return nil }
    self.description = text
    self.core = core.compactMap(\.self)
    self.prerelease = identifiers.compactMap(\.self)
    self.build = build.map(String.init) ?? ""
  }

  public var isPrerelease: Bool { !prerelease.isEmpty }

  /// Whether the version can name a directory. Versions with build metadata cannot: two such names
  /// would have the same rank. A version begins with a digit, so it is no option, no hidden file,
  /// no `..`, and neither `current` nor `next`.
  public var isSafeDirectoryName: Bool { build.isEmpty }

  /// The order of SemVer §11. Build metadata has no rank there; here its bytes break ties, so that
  /// the order agrees with equality.
  public static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
    for (one, other) in zip(left.core, right.core) where one != other {
      return precedes(one, other)
    }
    if left.isPrerelease != right.isPrerelease { return left.isPrerelease }
    for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
      return precedes(one, other)
    }
    if left.prerelease.count != right.prerelease.count {
      return left.prerelease.count < right.prerelease.count
    }
    return left.build.utf8.lexicographicallyPrecedes(right.build.utf8)
  }

  private static func precedes(_ left: Identifier, _ right: Identifier) -> Bool {
    switch (left, right) {
    case (.number(let one), .number(let other)):
      // Without leading zeros the longer number is the greater one.
      one.utf8.count == other.utf8.count
        ? one.utf8.lexicographicallyPrecedes(other.utf8) : one.utf8.count < other.utf8.count
    case (.number, .name): true
    case (.name, .number): false
    case (.name(let one), .name(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
    }
  }

  private static func cut(_ text: some StringProtocol, at mark: Character) -> (
    Substring, Substring?
  ) {
    guard let index = text.firstIndex(of: mark) else { return (Substring(text), nil) }
    return (Substring(text[..<index]), Substring(text[text.index(after: index)...]))
  }

  private static func parts(_ text: Substring) -> [Substring] {
    text.split(separator: ".", omittingEmptySubsequences: false)
  }

  private static func number(_ part: Substring) -> Identifier? {
    isNumber(part) ? .number(String(part)) : nil
  }

  private static func identifier(_ part: Substring) -> Identifier? {
    guard isWord(part) else { return nil }
    guard part.utf8.allSatisfy(isDigit) else { return .name(String(part)) }
    return number(part)
  }

  static func isNumber(_ part: Substring) -> Bool {
    !part.isEmpty && part.utf8.allSatisfy(isDigit)
      && (part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"))
  }

  private static func isWord(_ part: Substring) -> Bool {
    !part.isEmpty
      && part.utf8.allSatisfy { byte in
        isDigit(byte) || byte == UInt8(ascii: "-")
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
