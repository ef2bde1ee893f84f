/// Checks that requests which the balancer saw accepted began a run. The check counts rows and
/// sessions and uses no host's clock: a wrong clock would make runs disappear.
struct RunBeginnings: Sendable {
  private struct Ledger: Sendable {
    /// The run log is complete between these times, by the writer's clock.
    var from: Int64
    var until: Int64
    /// Runs known when reading began.
    var before: Int
  }

  /// A row may be written this much later than its run began; the session log has a session at its
  /// end.
  private static let settledMilliseconds: Int64 = 60_000
  /// A difference of this many sessions is not reported.
  private static let slack = 3

  private var ledgers: [HostName: Ledger] = [:]
  private var runs: [HostName: Int] = [:]
  /// When new sessions with answer 200 were assigned.
  private var sessions: [HostName: [Int64]] = [:]

  mutating func countRun(of host: HostName) { runs[host, default: 0] += 1 }

  mutating func countSession(of host: HostName, at milliseconds: Int64) {
    sessions[host, default: []].append(milliseconds)
  }

  mutating func take(_ read: LedgerRead) {
    if !read.isNew, ledgers[read.host] != nil {
      ledgers[read.host]?.until = read.atMilliseconds
    } else {
      ledgers[read.host] = Ledger(
        from: read.atMilliseconds, until: read.atMilliseconds, before: runs[read.host] ?? 0)
    }
  }

  /// Nil while too little of the host's run log was read.
  func counts(of host: HostName) -> AnswerCounts? {
    guard let ledger = ledgers[host],
      ledger.until - ledger.from > 2 * Self.settledMilliseconds
    else { return nil }
    let (from, until) = (
      ledger.from + Self.settledMilliseconds, ledger.until - Self.settledMilliseconds
    )
    let accepted = (sessions[host] ?? []).count { $0 > from && $0 < until }
    let begun = (runs[host] ?? 0) - ledger.before
    let missing = accepted - begun
    var counts = AnswerCounts()
    counts[.runNeverBegan] = missing > Self.slack ? missing : 0
    counts[.success] = accepted - counts[.runNeverBegan]
    return counts
  }
}
