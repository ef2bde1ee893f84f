/// Exact tails, computed by recurrence from the mode with nothing but the four operations, so that
/// every platform gives the same bits.
enum Statistics {
  /// P(K ≥ canaryErrors) when `canary` of all sessions are drawn without regard to their outcome:
  /// the one-sided Fisher test.
  static func hypergeometricTail(
    canary: Int, canaryErrors: Int, stable: Int, stableErrors: Int
  ) -> Double {
    let errors = canaryErrors + stableErrors
    let low = max(0, errors - stable)
    let high = min(canary, errors)
    return tail(from: canaryErrors, low: low, high: high) { k in
      // weight(k + 1) / weight(k)
      Double(canary - k) * Double(errors - k)
        / (Double(k + 1) * Double(stable - errors + k + 1))
    }
  }

  /// P(K ≥ atLeast) of `trials` with success probability `permille` / 1000.
  static func binomialTail(trials: Int, atLeast: Int, permille: Int) -> Double {
    let odds = Double(permille) / Double(1_000 - permille)
    return tail(from: atLeast, low: 0, high: trials) { k in
      Double(trials - k) / Double(k + 1) * odds
    }
  }

  /// Sums weights that are given by the ratio of neighbours, scaled to the largest.
  private static func tail(from: Int, low: Int, high: Int, ratio: (Int) -> Double) -> Double {
    if from <= low { return 1 }
    if from > high { return 0 }
    var mode = low
    while mode < high, ratio(mode) > 1 { mode += 1 }
    var total = 1.0
    var upper = mode >= from ? 1.0 : 0.0
    var weight = 1.0
    var k = mode
    while k < high, weight > 0 {
      weight *= ratio(k)
      k += 1
      total += weight
      if k >= from { upper += weight }
    }
    weight = 1.0
    k = mode
    while k > low, weight > 0 {
      weight /= ratio(k - 1)
      k -= 1
      total += weight
      if k >= from { upper += weight }
    }
    return upper / total
  }

  /// "One in so many", nil when it is less rare than one in two.
  static func odds(_ chance: Double) -> Int64? {
    guard chance < 0.5 else { return nil }
    guard chance > 1e-15 else { return 1_000_000_000_000_000 }
    return Int64(1 / chance)
  }

  /// Wilson's score interval in basis points, rounded outward (E. B. Wilson, JASA 22, 1927).
  static func wilson(successes: Int, trials: Int, z: Double) -> (low: Int, high: Int) {
    let n = Double(trials)
    let p = Double(successes) / n
    let centre = p + z * z / (2 * n)
    let spread = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 10_000 / (1 + z * z / n)
    let low = max(0, (centre - spread) * scale)
    let high = min(10_000, (centre + spread) * scale)
    return (Int(low.rounded(.down)), Int(high.rounded(.up)))
  }
}
