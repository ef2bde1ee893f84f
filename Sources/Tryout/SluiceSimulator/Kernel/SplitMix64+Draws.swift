import SluiceSystem

/// The draws of a world.
extension SplitMix64 {
  /// True so many times in a thousand.
  mutating func chance(permille: Int) -> Bool { Int(next() % 1_000) < permille }

  mutating func milliseconds(_ range: ClosedRange<Int64>) -> Int64 {
    range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  mutating func index(below count: Int) -> Int { Int(next() % UInt64(count)) }
}
