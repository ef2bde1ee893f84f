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

  /// Rounded down; as much as the number holds where it is more.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    // Half the range leaves room to add moments.
    let limit = Int64.max / 2
    if overflow || whole > limit { return seconds < 0 ? 0 : limit }
    return whole + attoseconds / 1_000_000_000_000_000
  }
}
