/// The time of an observation. Durations are differences between two `monotonicMilliseconds` of the
/// same `boot`; the wall clock is for people.
public struct Moment: Hashable, Sendable, Codable {
  /// Milliseconds since 1970 by the wall clock.
  public let wallMilliseconds: Int64
  /// Milliseconds by a clock that includes sleep and restarts at each boot.
  public let monotonicMilliseconds: Int64
  /// The machine's boot to which the monotonic clock belongs.
  public let boot: String

  public init(wallMilliseconds: Int64, monotonicMilliseconds: Int64, boot: String) {
    self.wallMilliseconds = wallMilliseconds
    self.monotonicMilliseconds = monotonicMilliseconds
    self.boot = boot
  }

  /// Milliseconds since an earlier moment; nil across a reboot, because the clocks are not
  /// comparable.
  public func milliseconds(since earlier: Moment) -> Int64? {
    guard boot == earlier.boot else { return nil }
    return monotonicMilliseconds.subtractingClamped(earlier.monotonicMilliseconds)
  }
}
