import CSluiceSystem

/// The machine's clocks.
public enum SystemClock {
  /// Milliseconds since 1970; may step.
  public static func wallMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Nanoseconds that never step and count the time that the machine slept.
  public static func monotonicNanoseconds() -> UInt64 { sluice_continuous_nanoseconds() }

  /// The same in milliseconds; begins anew at each boot.
  public static func monotonicMilliseconds() -> Int64 {
    Int64(monotonicNanoseconds() / 1_000_000)
  }
}
