import SluiceJSON

// Numbers from outside (a plan file, a ledger line, an agent's answer) may be as large as their
// type. Arithmetic on them stops at the type's bounds instead of ending the program.

extension FixedWidthInteger {
  /// The sum, clamped to the bounds of the type.
  public func addingClamped(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, clamped to the bounds of the type.
  public func subtractingClamped(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }

  /// The product, clamped to the bounds of the type.
  public func multipliedClamped(by other: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}

extension FixedWidthInteger {
  /// The nearest number that Sluice's JSON can hold. A program's counter may exceed that range and
  /// must not make its document unwritable.
  public var clampedToJSON: Self {
    let low = Self(clamping: JSONValue.integers.lowerBound)
    let high = Self(clamping: JSONValue.integers.upperBound)
    return self < low ? low : self > high ? high : self
  }

  /// A number from a file that Sluice writes; nil if Sluice's JSON cannot hold the number. No sum
  /// or difference of two such numbers overflows.
  public static func written(_ text: String) -> Self? {
    Self(text).flatMap { $0 == $0.clampedToJSON ? $0 : nil }
  }
}

extension Sequence where Element: FixedWidthInteger {
  /// The sum of all elements, clamped to the bounds of the type.
  public func clampedSum() -> Element { reduce(0) { $0.addingClamped($1) } }
}
