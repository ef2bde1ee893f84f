/// When something was observed. Durations are taken between two `monotonicMilliseconds` of the same
/// `boot` only; the wall clock is for people.
public struct Moment: Hashable, Sendable, Codable {
  /// Milliseconds since 1970 by the wall clock.
  public let wallMilliseconds: Int64
  /// Milliseconds by a clock that counts sleep and starts anew at each boot.
  public let monotonicMilliseconds: Int64
  /// Names the boot of the machine that the monotonic clock belongs to.
  public let boot: String

  public init(wallMilliseconds: Int64, monotonicMilliseconds: Int64, boot: String) {
    self.wallMilliseconds = wallMilliseconds
    self.monotonicMilliseconds = monotonicMilliseconds
    self.boot = boot
  }

  /// Milliseconds since an earlier moment; nil across a reboot, where nothing can be said.
  public func milliseconds(since earlier: Moment) -> Int64? {
    guard boot == earlier.boot else { return nil }
    return monotonicMilliseconds.subtractingClamped(earlier.monotonicMilliseconds)
  }
}
