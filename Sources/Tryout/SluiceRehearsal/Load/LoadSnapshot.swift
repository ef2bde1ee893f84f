import SluiceCore

/// A load's view up to a moment. The difference of two snapshots shows the events between them.
public struct LoadSnapshot: Sendable, Hashable {
  /// The count of one release, by the release that the answers name.
  public struct Version: Sendable, Hashable {
    /// New sessions whose first answer came from it.
    public var sessions = 0
    public var turns = 0
    /// When the last of these new sessions was answered, by the wall clock.
    public var lastSessionMilliseconds: Int64?
    /// The same of turns, conversations that were there before included.
    public var lastTurnMilliseconds: Int64?
  }

  /// The count of one arm, by the arm that the balancer names in its answers.
  public struct ArmCount: Sendable, Hashable {
    /// New sessions that got an answer, an error of the release included.
    public var sessions = 0
    /// Turns that the release answered with an error.
    public var errors = 0
  }

  /// Begun.
  public var sessions = 0
  /// Turns that were sent.
  public var turns = 0
  public var answered = 0
  /// Of these, the ones that were asked to take long.
  public var longTurns = 0
  /// How often a client was asked to wait and did.
  public var waits = 0
  /// Sessions with a turn without an answer that the release did not cause.
  public var lost = 0
  /// Of these, the ones whose connection was closed in the middle of a turn.
  public var cut = 0
  /// How often a conversation found its context gone.
  public var moved = 0
  /// Turns that the release itself answered with an error.
  public var releaseErrors = 0
  public var webSocketSessions = 0
  /// WebSockets that the other side closed, by code: 1012 is a gateway that restarts.
  public var socketsClosed: [UInt16: Int] = [:]
  public var versions: [String: Version] = [:]
  public var arms: [Arm: ArmCount] = [:]
  /// Why sessions were lost, in few words.
  public var losses: [String: Int] = [:]
  /// When it was taken, by the monotonic clock.
  public var monotonicMilliseconds: Int64 = 0

  public init() {}

  /// New sessions that were answered by either arm.
  public var newSessions: Int { arms.values.reduce(0) { $0 + $1.sessions } }

  /// The share of new sessions that arrived at the canary.
  public var canaryShare: MeasuredShare {
    MeasuredShare(count: arms[.canary]?.sessions ?? 0, total: newSessions)
  }

  /// The events since an earlier snapshot; moments are this one's.
  public func since(_ earlier: LoadSnapshot) -> LoadSnapshot {
    var difference = self
    difference.sessions -= earlier.sessions
    difference.turns -= earlier.turns
    difference.answered -= earlier.answered
    difference.longTurns -= earlier.longTurns
    difference.waits -= earlier.waits
    difference.lost -= earlier.lost
    difference.cut -= earlier.cut
    difference.moved -= earlier.moved
    difference.releaseErrors -= earlier.releaseErrors
    difference.webSocketSessions -= earlier.webSocketSessions
    for (name, count) in earlier.versions {
      difference.versions[name]?.sessions -= count.sessions
      difference.versions[name]?.turns -= count.turns
    }
    for (arm, count) in earlier.arms {
      difference.arms[arm]?.sessions -= count.sessions
      difference.arms[arm]?.errors -= count.errors
    }
    for (code, count) in earlier.socketsClosed { difference.socketsClosed[code]? -= count }
    difference.socketsClosed = difference.socketsClosed.filter { $0.value > 0 }
    for (reason, count) in earlier.losses { difference.losses[reason]? -= count }
    difference.losses = difference.losses.filter { $0.value > 0 }
    return difference
  }
}

/// A share as it was counted, with how sure it is.
public struct MeasuredShare: Sendable, Hashable {
  public let count: Int
  public let total: Int

  public init(count: Int, total: Int) {
    self.count = count
    self.total = total
  }

  /// Per cent; 0 when nothing was counted.
  public var percent: Double { total == 0 ? 0 : 100 * Double(count) / Double(total) }

  /// Per cent, at 95 %.
  public var interval: ClosedRange<Double> {
    let interval = WilsonInterval(successes: count, trials: total)
    return 100 * interval.low...100 * interval.high
  }
}
