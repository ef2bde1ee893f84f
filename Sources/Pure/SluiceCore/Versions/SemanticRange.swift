/// A version range in the form of `package.json`, such as `>=24.16.0 <25 || >=26.1.0`, strictly by
/// the grammar and meaning of npm's `semver`.
public struct SemanticRange: Sendable, Hashable, CustomStringConvertible {
  enum Relation: String, Sendable, Hashable {
    case less = "<"
    case atMost = "<="
    case equal = ""
    case more = ">"
    case atLeast = ">="
  }

  struct Comparator: Sendable, Hashable {
    let relation: Relation
    let version: SemanticVersion
  }

  /// The original text.
  public let description: String
  /// A version must satisfy all comparators of one list. An empty list admits every version.
  let alternatives: [[Comparator]]

  public static let maximumBytes = 1_024

  /// Nil unless the text is a range by npm's grammar.
  public init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes else { return nil }
    var alternatives: [[Comparator]] = []
    for part in RangeReader.alternatives(of: text) {
      guard let comparators = RangeReader.comparators(of: part) else { return nil }
      alternatives.append(comparators)
    }
    description = text
    self.alternatives = alternatives
  }

  /// Whether the range contains a version. A prerelease is contained only if the range names a
  /// prerelease of the same release.
  public func contains(_ version: SemanticVersion) -> Bool {
    let version = version.withoutBuild
    return alternatives.contains { comparators in
      guard comparators.allSatisfy({ $0.holds(for: version) }) else { return false }
      return !version.isPrerelease
        || comparators.contains { $0.version.isPrerelease && $0.version.core == version.core }
    }
  }
}

extension SemanticRange.Comparator {
  fileprivate func holds(for other: SemanticVersion) -> Bool {
    switch relation {
    case .less: other < version
    case .atMost: other <= version
    case .equal: other == version
    case .more: other > version
    case .atLeast: other >= version
    }
  }
}

extension SemanticVersion {
  /// From a program's output `v24.16.0`.
  public init?(programVersion text: String) {
    self.init(text.hasPrefix("v") ? String(text.dropFirst()) : text)
  }

  fileprivate var withoutBuild: SemanticVersion {
    guard !build.isEmpty, let end = description.firstIndex(of: "+") else { return self }
    return SemanticVersion(String(description[..<end])) ?? self
  }
}
