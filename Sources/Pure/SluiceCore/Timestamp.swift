/// RFC 3339 in UTC with milliseconds, `2026-11-24T02:07:58.120Z`.
public enum Timestamp {
  /// The text of a wall-clock time, milliseconds since 1970; years 0 to 9999.
  public static func text(_ milliseconds: Int64) -> String {
    let days = floorDivide(milliseconds, 86_400_000)
    let rest = timeOfDay(milliseconds)
    let (year, month, day) = civil(fromDays: days)
    let date = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
    return date + "T" + clock(rest) + "." + digits(rest % 1_000, 3) + "Z"
  }

  /// Hours, minutes and seconds of a wall-clock time in UTC, `02:07:58`.
  public static func clockText(_ milliseconds: Int64) -> String {
    clock(timeOfDay(milliseconds))
  }

  /// Milliseconds since 1970; nil unless the text has exactly the form of `text`.
  public static func milliseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 24 else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for byte in bytes[range] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      let fraction = number(20..<23)
    else { return nil }
    let days = daysFromCivil(year, month, day)
    let result =
      days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction
    return self.text(result) == text ? result : nil
  }

  private static func clock(_ rest: Int64) -> String {
    let seconds = rest / 1_000
    return digits(seconds / 3_600, 2) + ":" + digits(seconds / 60 % 60, 2) + ":"
      + digits(seconds % 60, 2)
  }

  /// Milliseconds since midnight.
  private static func timeOfDay(_ milliseconds: Int64) -> Int64 {
    let rest = milliseconds % 86_400_000
    return rest < 0 ? rest + 86_400_000 : rest
  }

  private static func digits(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }

  private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
    value / by - (value % by < 0 ? 1 : 0)
  }

  // Days ↔ date in the proleptic Gregorian calendar, by eras of 400 years that begin in March
  // (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
    let shifted = days + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  private static func daysFromCivil(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let adjusted = month <= 2 ? year - 1 : year
    let era = floorDivide(adjusted, 400)
    let yearOfEra = adjusted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
