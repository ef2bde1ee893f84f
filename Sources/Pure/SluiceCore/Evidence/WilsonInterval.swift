/// Wilson's score interval of a share that was counted (E. B. Wilson, JASA 22, 1927), at 95 %.
public struct WilsonInterval: Sendable, Hashable {
  /// The quantile of the normal distribution for 95 %.
  private static let z = 1.959_964

  /// From 0 to 1.
  public let low: Double
  /// From 0 to 1.
  public let high: Double

  /// Without a trial everything is possible: 0 to 1.
  public init(successes: Int, trials: Int) {
    guard trials > 0 else {
      (low, high) = (0, 1)
      return
    }
    let z = Self.z
    let n = Double(trials)
    let p = Double(successes) / n
    let centre = p + z * z / (2 * n)
    let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    low = max(0, (centre - spread) / scale)
    high = min(1, (centre + spread) / scale)
  }

  /// Rounded outward, in basis points.
  public var basisPoints: (low: Int, high: Int) {
    (Int((low * 10_000).rounded(.down)), Int((high * 10_000).rounded(.up)))
  }
}
