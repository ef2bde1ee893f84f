/// Numbers as the rehearsal says them.
enum Figures {
  /// `1,204`.
  static func count(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }

  /// One digit after the point: `5.1`.
  static func decimal(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
  }

  /// `4 ms`, `6.2 s`, `26 s`, `2 min 31 s`.
  static func duration(_ milliseconds: Int64) -> String {
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    if milliseconds < 10_000 { return "\(decimal(Double(milliseconds) / 1_000)) s" }
    let seconds = (milliseconds + 500) / 1_000
    return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }

  /// `0:41`.
  static func clock(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1_000
    return "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
  }

  /// `1 session`, `2 sessions`.
  static func sessions(_ number: Int) -> String {
    "\(count(number)) session\(number == 1 ? "" : "s")"
  }

  /// `5.1 % (4.2–6.1)`.
  static func share(_ share: MeasuredShare) -> String {
    let interval = share.interval
    return "\(decimal(share.percent)) % "
      + "(\(decimal(interval.lowerBound))–\(decimal(interval.upperBound)))"
  }
}
