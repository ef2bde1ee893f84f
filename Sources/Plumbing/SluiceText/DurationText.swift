/// Durations as people write them: `500ms`, `10s`, `10m`, `1h30m`, `2d`.
///
/// A number always has a unit, units come from the largest to the smallest, each at most once.
public enum DurationText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// Ten years, in milliseconds: no wait of an operator is longer, and sums of such durations fit.
  public static let longestMilliseconds: Int64 = 3_650 * 86_400_000

  /// The advice for a value in another form.
  public static let remedy = "Write a number with its unit: 500ms, 10s, 10m, 1h30m, 2d."

  /// Milliseconds, or nil when the text is not a duration or does not fit.
  public static func milliseconds(_ text: String) -> Int64? {
    var rest = Substring(text)
    var total: Int64 = 0
    var nextUnit = 0
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int64(digits) else { return nil }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let index = units[nextUnit...].firstIndex(where: { $0.name == name }) else {
        return nil
      }
      nextUnit = index + 1
      let (product, tooLarge) = number.multipliedReportingOverflow(by: units[index].milliseconds)
      let (sum, sumTooLarge) = total.addingReportingOverflow(product)
      guard !tooLarge, !sumTooLarge else { return nil }
      total = sum
    } while !rest.isEmpty
    return total
  }

  /// The shortest text that reads back as `milliseconds`; negative ones keep their sign in front.
  public static func text(milliseconds: Int64) -> String {
    guard milliseconds != 0 else { return "0s" }
    var rest = milliseconds.magnitude
    var text = milliseconds < 0 ? "-" : ""
    for unit in units {
      let (count, remainder) = rest.quotientAndRemainder(dividingBy: unit.milliseconds.magnitude)
      if count > 0 { text += "\(count)\(unit.name)" }
      rest = remainder
    }
    return text
  }
}
