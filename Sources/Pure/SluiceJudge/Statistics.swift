/// Exact tail probabilities by recurrence from the mode. Only the four basic operations are used,
/// so that every platform gives the same bits.
enum Statistics {
  /// P(K ≥ canaryErrors) if `canary` of all sessions are drawn regardless of their outcome: the
  /// one-sided Fisher test.
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

  /// Sums weights that are given as ratios of neighbours, scaled to the largest weight.
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

  /// "One in so many"; nil for probabilities of one half or more.
  static func odds(_ chance: Double) -> Int64? {
    guard chance < 0.5 else { return nil }
    guard chance > 1e-15 else { return 1_000_000_000_000_000 }
    return Int64(1 / chance)
  }
}
