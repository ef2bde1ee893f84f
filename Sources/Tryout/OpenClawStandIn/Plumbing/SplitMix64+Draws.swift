import SluiceSystem

/// The draws of the stand-in: the same seed gives the same sessions again.
extension SplitMix64 {
  /// In 0..<1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// From the log-normal distribution with this median; sigma is of the logarithm.
  mutating func logNormal(median: Double, sigma: Double) -> Double {
    // Box-Muller; 1 - unit is never 0.
    let normal = (-2 * log(1 - unit())).squareRoot() * cos(2 * Double.pi * unit())
    return median * exp(sigma * normal)
  }
}
