/// Moments as the real gateway's log writes them.
enum Timestamp {
  /// `2026-11-22T16:38:50.286+00:00`, always UTC.
  static func text(milliseconds: Int64) -> String {
    let days = floorDivided(milliseconds, by: 86_400_000)
    let inDay = milliseconds - days * 86_400_000
    let (year, month, day) = civil(days)
    let date = "\(year)-\(padded(month, 2))-\(padded(day, 2))"
    let hour = padded(inDay / 3_600_000, 2)
    let minute = padded(inDay / 60_000 % 60, 2)
    let second = padded(inDay / 1000 % 60, 2)
    return "\(date)T\(hour):\(minute):\(second).\(padded(inDay % 1000, 3))+00:00"
  }

  /// Days since 1970 as a date: Howard Hinnant's `civil_from_days`.
  private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = floorDivided(shifted, by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func floorDivided(_ value: Int64, by divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
