/// One row of a gateway's run ledger (`audit.list`): that a run of its agent began, or how it ended.
/// Keys of sessions and runs are hashed before they leave the host: they can contain account ids.
public struct RunRow: Sendable, Hashable, Codable {
  public enum Status: String, Sendable, Hashable, Codable {
    case started, succeeded, failed, cancelled
    case timedOut = "timed_out"
    /// One of a later version.
    case unknown

    public var isEnd: Bool { self != .started }
    /// Whether the agent did not do what it was asked; a person who cancels says nothing of it.
    public var isFault: Bool { self == .failed || self == .timedOut }

    /// As the answer that its client got: a person who cancels has left.
    public var answerClass: AnswerClass {
      switch self {
      case .failed: .runFailed
      case .timedOut: .timedOut
      case .cancelled: .clientAborted
      case .started: .runUnfinished
      case .succeeded, .unknown: .success
      }
    }
  }

  /// Rises by one from row to row of a gateway.
  public var sequence: Int64
  /// By the gateway's wall clock, milliseconds since 1970.
  public var occurredMilliseconds: Int64
  public var status: Status
  /// Hashed: the same for the start of a run and its end.
  public var run: String
  /// Hashed; nil when the row names none.
  public var session: String?
  /// Sluice's own: its warm-up session.
  public var isOwn: Bool
  /// It came as a request over HTTP, which a balancer in front has seen; not over a WebSocket or a
  /// channel.
  public var isHTTP: Bool
  /// Names the row itself, hashed: another ledger at the same address has another.
  public var event: String

  public init(
    sequence: Int64, occurredMilliseconds: Int64, status: Status, run: String, session: String?,
    isOwn: Bool, isHTTP: Bool = true, event: String
  ) {
    self.sequence = sequence
    self.occurredMilliseconds = occurredMilliseconds
    self.status = status
    self.run = run
    self.session = session
    self.isOwn = isOwn
    self.isHTTP = isHTTP
    self.event = event
  }

  public var cursor: RunCursor {
    RunCursor(sequence: sequence, occurredMilliseconds: occurredMilliseconds, event: event)
  }
}

/// How far a gateway's run ledger was read: the last row that was counted.
public struct RunCursor: Sendable, Hashable, Codable {
  public var sequence: Int64
  public var occurredMilliseconds: Int64
  public var event: String

  public init(sequence: Int64, occurredMilliseconds: Int64, event: String) {
    self.sequence = sequence
    self.occurredMilliseconds = occurredMilliseconds
    self.event = event
  }
}

/// The rows of a run ledger after a cursor, oldest first.
public struct RunPage: Sendable, Hashable, Codable {
  public var rows: [RunRow]
  /// There are more: ask again at once.
  public var hasMore: Bool
  /// The row of the cursor is not there any more: the gateway's state was put back, or replaced.
  /// The rows are those that came after the cursor's time.
  public var isReset: Bool
  /// The newest row that was seen, told or not.
  public var newest: RunCursor?

  public init(
    rows: [RunRow], hasMore: Bool = false, isReset: Bool = false, newest: RunCursor? = nil
  ) {
    self.rows = rows
    self.hasMore = hasMore
    self.isReset = isReset
    self.newest = newest ?? rows.last?.cursor
  }

  /// Out of the newest rows of a ledger (any order), those after the cursor; at most `limit`.
  public init(_ newest: [RunRow], after cursor: RunCursor?, limit: Int) {
    let sorted = newest.sorted { $0.sequence < $1.sequence }
    var fresh = sorted
    var isReset = false
    if let cursor {
      let known = sorted.first { $0.sequence == cursor.sequence }
      // The cursor's own row is gone with age, or another one stands in its place.
      let isSame = known.map { $0.event == cursor.event }
      isReset = isSame == false || (sorted.last.map { $0.sequence < cursor.sequence } ?? false)
      fresh =
        isReset
        ? sorted.filter { $0.occurredMilliseconds > cursor.occurredMilliseconds }
        : sorted.filter { $0.sequence > cursor.sequence }
    }
    self.init(
      rows: Array(fresh.prefix(limit)), hasMore: fresh.count > limit, isReset: isReset,
      newest: sorted.last?.cursor)
  }
}

/// A gateway's ledger was read to its end: every run that had begun by then was told.
public struct LedgerRead: Sendable, Hashable {
  public var host: HostName
  /// By the writer's wall clock, milliseconds since 1970.
  public var atMilliseconds: Int64
  /// Reading begins here: what the ledger held before is not told.
  public var isNew: Bool

  public init(host: HostName, atMilliseconds: Int64, isNew: Bool) {
    self.host = host
    self.atMilliseconds = atMilliseconds
    self.isNew = isNew
  }
}

/// A run row with the gateway that wrote it.
public struct HostRun: Sendable, Hashable {
  public var host: HostName
  public var row: RunRow

  public init(host: HostName, row: RunRow) {
    self.host = host
    self.row = row
  }
}
