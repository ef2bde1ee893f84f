/// An OpenClaw build's version in OpenClaw's own order, which is not SemVer's: a number after the
/// dash is a correction and comes after the release.
///
/// `2026.9.5-alpha.3 < 2026.9.5-beta.1 < 2026.9.5 < 2026.9.5-2`
public struct BuildVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// In order of rank.
  public enum Stage: Sendable, Hashable {
    case alpha(Int)
    case beta(Int)
    case release
    /// A repackaged release; counts from 1.
    case correction(Int)

    var rank: [Int] {
      switch self {
      case .alpha(let number): [0, number]
      case .beta(let number): [1, number]
      case .release: [2, 0]
      case .correction(let number): [3, number]
      }
    }
  }

  public let year: Int
  public let month: Int
  public let patch: Int
  public let stage: Stage

  /// Nil unless the text is `year.month.patch`, alone or with `-alpha.N`, `-beta.N` or `-N`.
  public init?(_ text: String) {
    guard text.utf8.count <= 64 else { return nil }
    let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false)
      .map(Self.number)
    guard numbers.count == 3, let year = numbers[0], let month = numbers[1],
      let patch = numbers[2], let stage = Self.stage(halves.count == 2 ? halves[1] : nil)
    else { return nil }
    self.year = year
    self.month = month
    self.patch = patch
    self.stage = stage
  }

  public var description: String {
    let release = "\(year).\(month).\(patch)"
    return switch stage {
    case .alpha(let number): "\(release)-alpha.\(number)"
    case .beta(let number): "\(release)-beta.\(number)"
    case .release: release
    case .correction(let number): "\(release)-\(number)"
    }
  }

  public static func < (left: BuildVersion, right: BuildVersion) -> Bool {
    left.rank.lexicographicallyPrecedes(right.rank)
  }

  private var rank: [Int] { [year, month, patch] + stage.rank }

  private static func stage(_ suffix: Substring?) -> Stage? {
    guard let suffix else { return .release }
    if let correction = number(suffix) { return correction > 0 ? .correction(correction) : nil }
    let parts = suffix.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = number(parts[1]) else { return nil }
    switch parts[0] {
    case "alpha": return .alpha(number)
    case "beta": return .beta(number)
    default: return nil
    }
  }

  private static func number(_ part: Substring) -> Int? {
    SemanticVersion.isNumber(part) ? Int(part) : nil
  }
}
