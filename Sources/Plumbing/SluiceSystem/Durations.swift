import Dispatch

extension Duration {
  /// Nothing below zero, at most a hundred years.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let limit: Int64 = 100 * 366 * 86_400
    if seconds >= limit { return UInt64(limit) * 1_000_000_000 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }

  /// For Dispatch.
  var dispatchInterval: DispatchTimeInterval { .nanoseconds(Int(wholeNanoseconds)) }

  /// Whole milliseconds, rounded down; at least 0, at most half of the number's range, which leaves room
  /// to add a moment.
  public var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    let limit = Int64.max / 2
    return overflow || whole > limit ? limit : whole + attoseconds / 1_000_000_000_000_000
  }

  /// Whole milliseconds for a timeout, rounded up: no short duration becomes none. Otherwise as
  /// `wholeMilliseconds`.
  public var wholeMillisecondsRoundedUp: Int64 {
    (self + .nanoseconds(999_999)).wholeMilliseconds
  }
}
