/// The form of figures in all of Sluice's texts.
public enum Wording {
  /// `850 ms`, `1.2 s`, `12 s`, `4 min 10 s`, `1 h 30 min`.
  public static func duration(_ milliseconds: Int64) -> String {
    if milliseconds < 1_000 { return "\(max(0, milliseconds)) ms" }
    let seconds = milliseconds / 1_000
    if seconds < 10, milliseconds % 1_000 >= 100 {
      return "\(seconds).\(milliseconds % 1_000 / 100) s"
    }
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3_600 { return parts(seconds / 60, "min", seconds % 60, "s") }
    return parts(seconds / 3_600, "h", seconds / 60 % 60, "min")
  }

  /// `3 d` from two days on; otherwise as `duration`.
  public static func age(_ milliseconds: Int64) -> String {
    let days = milliseconds / 86_400_000
    return days < 2 ? duration(milliseconds) : "\(days) d"
  }

  /// Basis points with one decimal and no unit: `19.7`.
  public static func tenths(_ basisPoints: Int) -> String {
    let rounded = basisPoints.addingClamped(5) / 10
    return "\(rounded / 10).\(rounded % 10)"
  }

  /// `19.7 % (18.9–20.6)`.
  public static func measured(_ share: Assessment.MeasuredShare) -> String {
    "\(tenths(share.estimate)) % (\(tenths(share.low))–\(tenths(share.high)))"
  }

  /// Errors of sessions as `0.4 %`.
  public static func rate(_ count: Int, of total: Int) -> String {
    total == 0 ? "–" : "\(tenths(count.multipliedClamped(by: 10_000) / total)) %"
  }

  /// `9,120`.
  public static func count(_ number: Int) -> String {
    let digits = String(number)
    var text = ""
    for (index, digit) in digits.enumerated() {
      let isThousand = (digits.count - index) % 3 == 0
      if index > 0, digit != "-", isThousand, text != "-" { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// `640 kB`, `12 MB`, `1.4 GB`: powers of ten, as disks are sold.
  public static func bytes(_ count: Int64) -> String {
    if count < 1_000_000 { return "\((max(0, count) + 999) / 1_000) kB" }
    if count < 1_000_000_000 { return "\((count + 500_000) / 1_000_000) MB" }
    let tenths = count.addingClamped(50_000_000) / 100_000_000
    return "\(tenths / 10).\(tenths % 10) GB"
  }

  /// `4 min 10 s`; without the second part where that is 0.
  private static func parts(
    _ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String
  ) -> String {
    small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
  }
}
