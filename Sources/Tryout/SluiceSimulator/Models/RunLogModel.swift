import SluiceCore
import SluicePorts
import SluiceSystem

/// The ends of the runs of one generation's sessions that the run logs reported between two lines
/// of the ledger: by the simulated events, independent of the product.
struct StepRuns: Sendable {
  struct Arm: Sendable {
    var runs = 0
    var failed = 0
  }

  var generation: Int64
  /// Lines of the ledger by then.
  var lines = 0
  var canary = Arm()
  var stable = Arm()

  mutating func count(_ arm: SluiceCore.Arm, failed: Bool) {
    let path = arm == .canary ? \Self.canary : \Self.stable
    self[keyPath: path].runs += 1
    self[keyPath: path].failed += failed ? 1 : 0
  }
}

/// The gateways' run logs, and the rows that were read: each row once, a host's rows in their
/// order. A host that does not answer, or whose answer is unreadable, reports its rows later.
struct RunLogModel: Sendable {
  private struct Row: Sendable {
    var at: Int64
    var run: HostRun
    var arm: Arm
    var generation: Int64
  }

  private var untold: [Row] = []
  private var sequences: HostTable<Int64> = [:]
  /// The runs that a successor reads again.
  private(set) var told: [HostRun] = []
  private(set) var steps: [StepRuns] = []

  /// A session that a gateway accepted: its run begins with it, and ends when its answer does.
  mutating func keep(_ session: SessionRecord, failedPermille: Int, at now: Int64) {
    guard let host = session.host, session.status == 200 else { return }
    var chance = SplitMix64(seed: UInt64(session.sequence) ^ 0xA6E27)
    let hasFailed = chance.chance(permille: failedPermille)
    for (after, status) in [
      (0, RunRow.Status.started), (session.activeMilliseconds, hasFailed ? .failed : .succeeded),
    ] {
      let row = RunRow(
        sequence: 0, occurredMilliseconds: session.assignedMilliseconds + after, status: status,
        run: "\(session.sequence)", session: nil, isOwn: false, event: "")
      untold.append(
        Row(
          at: now + after, run: HostRun(host: host, row: row), arm: session.arm,
          generation: session.generation))
    }
  }

  /// The runs that the hosts tell now and had not told before.
  /// - Parameters:
  ///   - hosts: those that can be read.
  ///   - wall: the writer's clock, milliseconds since 1970.
  ///   - lines: of the ledger.
  mutating func tell(of hosts: [HostName], at now: Int64, wall: Int64, lines: Int) -> EvidenceBatch
  {
    var rows = untold.filter { $0.at <= now && hosts.contains($0.run.host) }
    untold.removeAll { $0.at <= now && hosts.contains($0.run.host) }
    rows.sort { $0.at < $1.at }
    for index in rows.indices {
      let host = rows[index].run.host
      sequences[host, default: 0] += 1
      rows[index].run.row.sequence = sequences[host, default: 0]
      rows[index].run.row.event = "\(host)/\(rows[index].run.row.sequence)"
      note(rows[index], lines)
    }
    let runs = rows.map(\.run)
    told += runs
    var batch = EvidenceBatch(sessions: [], runs: runs)
    batch.reads = hosts.map { LedgerRead(host: $0, atMilliseconds: wall, isNew: false) }
    return batch
  }

  private mutating func note(_ row: Row, _ lines: Int) {
    guard row.run.row.status.isEnd else { return }
    if steps.last?.generation != row.generation || steps.last?.lines != lines {
      steps.append(StepRuns(generation: row.generation, lines: lines))
    }
    steps[steps.count - 1].count(row.arm, failed: row.run.row.status == .failed)
  }
}
