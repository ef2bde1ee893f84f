import SluiceJSON

// Numbers that somebody else wrote (a plan's file, a ledger's line, an agent's answer) may be as large as
// their type. Arithmetic on them stops at the type's bounds instead of ending the program.

extension FixedWidthInteger {
  /// The sum, or the bound that it would pass.
  public func addingClamped(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the bound that it would pass.
  public func subtractingClamped(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }

  /// The product, or the bound that it would pass.
  public func multipliedClamped(by other: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}

extension FixedWidthInteger {
  /// The number, or the nearest that Sluice's JSON holds: what a program counts may exceed it, and must
  /// not make the document unwritable that it stands in.
  public var clampedToJSON: Self {
    let low = Self(clamping: JSONValue.integers.lowerBound)
    let high = Self(clamping: JSONValue.integers.upperBound)
    return self < low ? low : self > high ? high : self
  }

  /// A number of a file that Sluice writes; nil for one that Sluice's JSON could not hold. No sum or
  /// difference of two such numbers overflows.
  public static func written(_ text: String) -> Self? {
    Self(text).flatMap { $0 == $0.clampedToJSON ? $0 : nil }
  }
}

extension Sequence where Element: FixedWidthInteger {
  /// All of them added up, or the bound that the sum would pass.
  public func clampedSum() -> Element { reduce(0) { $0.addingClamped($1) } }
}
