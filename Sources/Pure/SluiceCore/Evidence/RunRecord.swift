/// One row of a gateway's run log (`audit.list`): the beginning or the end of a run. The host
/// hashes the keys of sessions and runs before they leave the host, because keys can contain
/// account ids.
public struct RunRow: Sendable, Hashable, Codable {
  public enum Status: String, Sendable, Hashable, Codable {
    case started, succeeded, failed, cancelled
    case timedOut = "timed_out"
    /// A status of a later version.
    case unknown

    public var isEnd: Bool { self != .started }
    /// Whether the agent failed at its work. A cancellation by a person is no fault.
    public var isFault: Bool { self == .failed || self == .timedOut }

    /// The class of the client's session. A person who cancels counts as a client that left.
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
  /// Hashed; the start and the end of a run share the hash.
  public var run: String
  /// Hashed; nil if the row names no session.
  public var session: String?
  /// Whether the run is Sluice's own warm-up session.
  public var isOwn: Bool
  /// Whether the run arrived as an HTTP request, which the balancer logs, and not over a WebSocket
  /// or a channel.
  public var isHTTP: Bool
  /// A hash that identifies the row. A different run log at the same address has different hashes.
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

/// The last counted row of a gateway's run log.
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

/// The rows of a run log after a cursor, oldest first.
public struct RunPage: Sendable, Hashable, Codable {
  public var rows: [RunRow]
  /// More rows are available; the reader may ask again at once.
  public var hasMore: Bool
  /// The cursor's row no longer exists: the gateway's state was put back or replaced. The rows are
  /// those after the cursor's time.
  public var isReset: Bool
  /// The newest row that the agent saw, whether or not the page contains it.
  public var newest: RunCursor?

  public init(
    rows: [RunRow], hasMore: Bool = false, isReset: Bool = false, newest: RunCursor? = nil
  ) {
    self.rows = rows
    self.hasMore = hasMore
    self.isReset = isReset
    self.newest = newest ?? rows.last?.cursor
  }

  /// The rows after the cursor, at most `limit`, out of a run log's newest rows in any order.
  public init(_ newest: [RunRow], after cursor: RunCursor?, limit: Int) {
    let sorted = newest.sorted { $0.sequence < $1.sequence }
    var fresh = sorted
    var isReset = false
    if let cursor {
      let known = sorted.first { $0.sequence == cursor.sequence }
      // The cursor's own row has expired, or another row took its number.
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

/// A gateway's run log was read to its end: the reader knows every run that had begun by then.
public struct LedgerRead: Sendable, Hashable {
  public var host: HostName
  /// By the writer's wall clock, milliseconds since 1970.
  public var atMilliseconds: Int64
  /// Reading begins here; older rows of the run log are not reported.
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
