/// Reports a flood that HAProxy keeps out of the log: at its beginning, and at intervals while it
/// lasts.
struct FloodWatch {
  /// Milliseconds of the monotonic clock.
  private var lookedAt: Int64?
  private var toldAt: Int64?
  /// The count at the promotion's beginning, or the last reported count.
  private var known: Int64?

  /// The count of the last look.
  private var seen: Int64?

  private static let look: Int64 = 2_000
  private static let pause: Int64 = 60_000

  func isDue(_ now: Int64) -> Bool { lookedAt.map { now - $0 >= Self.look } ?? true }

  /// Whether sessions were kept out of the log since the look before. Call it once a look.
  mutating func hidesSessions(_ count: Int64?) -> Bool {
    guard let count else { return false }
    defer { seen = count }
    guard let seen else { return false }
    // A smaller count is another process's.
    return seen <= count ? count > seen : count > 0
  }

  /// - Parameter count: sessions that were served and not told of, since HAProxy was started; nil when
  ///   it does not say.
  /// - Returns: a notice, where there is one to be made.
  mutating func take(_ count: Int64?, now: Int64) -> String? {
    lookedAt = now
    guard let count else { return nil }
    guard let known, known <= count else {
      // The first reading, or another process.
      self.known = known == nil ? count : 0
      return known == nil ? nil : take(count, now: now)
    }
    guard count > known, toldAt.map({ now - $0 >= Self.pause }) ?? true else { return nil }
    self.known = count
    toldAt = now
    return
      "a flood: \(count - known) sessions of sources that ask without end were served and do not count"
  }
}
