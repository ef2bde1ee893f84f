import SluiceCore
import SluiceJSON

/// The durations of one act's swings, as the hosts reported them. Milliseconds, medians.
public struct SwingTimes: Sendable, Hashable {
  public var count: Int
  /// Of them, with a restart.
  public var restarts: Int
  public var total: Int64
  public var drain: Int64
  /// Of those that restarted; 0: none did.
  public var restart: Int64
  public var warmUp: Int64
  /// Sessions that were let finish, and that were cut.
  public var drained: Int
  public var cut: Int

  /// Nil when nothing was swung.
  init?(_ reports: [SwingReport]) {
    guard !reports.isEmpty else { return nil }
    let restarted = reports.filter(\.restarted)
    count = reports.count
    restarts = restarted.count
    total = Self.median(reports.map(\.totalMilliseconds))
    drain = Self.median(reports.map(\.drainMilliseconds))
    restart = Self.median(restarted.map(\.restartMilliseconds))
    warmUp = Self.median(reports.map(\.warmUpMilliseconds))
    drained = reports.reduce(0) { $0 + $1.drained }
    cut = reports.reduce(0) { $0 + $1.cut }
  }

  /// The upper one of two; 0 of none.
  static func median(_ values: [Int64]) -> Int64 {
    values.isEmpty ? 0 : values.sorted()[values.count / 2]
  }

  /// `5 of 4.1 s: 300 ms to drain, no restart, 900 ms to warm up; 3 sessions let finish, 0 cut`.
  public var sentence: String {
    let restart =
      restarts == 0
      ? "no restart"
      : "\(Figures.duration(self.restart)) to restart"
        + (restarts == count ? "" : " (\(restarts) of them)")
    return
      "\(count) of \(Figures.duration(total)): \(Figures.duration(drain)) to drain, \(restart), "
      + "\(Figures.duration(warmUp)) to warm up; \(drained) let finish, \(cut) cut"
  }

  var json: JSONValue {
    [
      "count": .integer(Int64(count)), "restarts": .integer(Int64(restarts)),
      "total_ms": .integer(total), "drain_ms": .integer(drain), "restart_ms": .integer(restart),
      "warm_up_ms": .integer(warmUp), "drained": .integer(Int64(drained)),
      "cut": .integer(Int64(cut)),
    ]
  }
}
