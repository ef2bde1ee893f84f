import SluiceCore
import SluicePorts
import SluiceSystem

/// The gateways' run logs as evidence: the runs of their agents, through every channel and behind
/// every balancer. Each row counts once, also when a controller or a host was away meanwhile: a
/// file keeps the counted rows, and a host's last row in the file is the cursor for the next query.
public struct RunLogs: EvidenceSource {

  private let clients: [HostName: any HostClient]
  private let directory: String
  private let time: any Time
  private let interval: Duration

  /// - Parameters:
  ///   - clients: of the gateways.
  ///   - directory: Where evidence files are kept, one a promotion.
  ///   - interval: How often every gateway is asked.
  public init(
    clients: [HostName: any HostClient], directory: String, time: any Time, interval: Duration
  ) {
    self.clients = clients
    self.directory = directory
    self.time = time
    self.interval = interval
  }

  /// One reader a promotion: its session log's reader holds the lock of both.
  public func batches(
    for promotion: PromotionID
  ) async throws(PortError) -> AsyncStream<EvidenceBatch> {
    let reader = try RunReader(promotion, clients, directory, time, interval)
    return AsyncStream(unfolding: { await reader.next() })
  }
}

/// Asks every gateway for its new rows. It works when it is asked for the next batch, and has no
/// task of its own.
actor RunReader {
  private let clients: [HostName: any HostClient]
  private let time: any Time
  private let interval: Duration
  private let file: RunLogFile
  private var cursors: [HostName: RunCursor]
  private var replay: EvidenceBatch?
  private var isFirst = true
  /// The fault of a host that was told last, so that it is told once.
  private var faults: [HostName: String] = [:]

  private static let deadline = Duration.seconds(10)

  init(
    _ promotion: PromotionID, _ clients: [HostName: any HostClient], _ directory: String,
    _ time: any Time, _ interval: Duration
  ) throws(PortError) {
    self.clients = clients
    self.time = time
    self.interval = interval
    let path = "\(directory)/\(try promotion.evidenceName()).runs"
    do throws(SystemError) {
      try Files.makePrivateDirectory(directory)
      let (file, contents) = try RunLogFile.open(path, promotion: promotion)
      self.file = file
      cursors = contents.cursors
      var batch = EvidenceBatch(sessions: [], runs: contents.runs)
      if contents.damaged > 0 {
        batch.notices = ["\(contents.damaged) lines of the file of runs cannot be read"]
      }
      replay = contents.runs.isEmpty && contents.damaged == 0 ? nil : batch
    } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed,
        "the runs of \(promotion) cannot be kept: \(error)",
        remedy: "\(error.ownRemedy ?? "Mend \(directory)"), then go on:  sluice resume")
    }
  }

  /// The next batch that says anything; nil once the task is cancelled.
  func next() async -> EvidenceBatch? {
    if let replay {
      self.replay = nil
      return replay
    }
    while !Task.isCancelled {
      if isFirst {
        isFirst = false
      } else if (try? await time.sleep(for: interval)) == nil {
        return nil
      }
      let batch = await ask()
      if !batch.runs.isEmpty || !batch.notices.isEmpty { return batch }
    }
    return nil
  }

  private func ask() async -> EvidenceBatch {
    let cursors = cursors
    // A run that began after the query need not be in the answer.
    let asked = time.now().wallMilliseconds
    let answers = await HostPoll(clients).ask(deadline: Self.deadline) {
      .runs(after: cursors[$0])
    }
    var batch = EvidenceBatch(sessions: [])
    for (host, answer) in answers.sorted(by: { $0.key < $1.key }) {
      switch answer {
      case .success(let page):
        faults[host] = nil
        let isNew = page.isReset || cursors[host] == nil
        if take(page, of: host, into: &batch), !page.hasMore {
          batch.reads.append(LedgerRead(host: host, atMilliseconds: asked, isNew: isNew))
        }
      case .failure(let error):
        // A gateway that is swung refuses to be asked; its rows wait.
        tell("the run log of \(host) is not read: \(error.message)", host, in: &batch)
      }
    }
    return batch
  }

  /// On disk first: what was counted once is never counted anew. False: it is not counted yet.
  private func take(_ page: RunPage, of host: HostName, into batch: inout EvidenceBatch) -> Bool {
    guard let cursor = cursors[host] else { return begin(page, of: host, in: &batch) }
    var lines: [RunLogFile.Line] = []
    if page.isReset {
      batch.notices.append("the run log of \(host) is another one than before")
      lines.append(.beginning(host, page.newest ?? cursor))
    } else if cursor.sequence > 0 {
      batch.lost += Self.gaps(page.rows, after: cursor.sequence)
    }
    let runs = page.rows.map { HostRun(host: host, row: $0) }
    lines += runs.map { .row($0) }
    do throws(SystemError) {
      try file.append(lines)
      batch.runs += runs
      cursors[host] = page.rows.last?.cursor ?? (page.isReset ? page.newest : nil) ?? cursor
      return true
    } catch {
      // Asked for again: the cursor stays where the file is.
      tell("the runs of \(host) are not kept: \(error)", host, in: &batch)
      return false
    }
  }

  /// Numbers that were left out: the ledger is written best-effort, and pruned.
  private static func gaps(_ rows: [RunRow], after last: Int64) -> Int {
    var lost: Int64 = 0
    var expected = last + 1
    for row in rows {
      lost += max(0, row.sequence - expected)
      expected = row.sequence + 1
    }
    return Int(clamping: lost)
  }

  /// A row that is in a run log when a promotion begins does not belong to the promotion.
  private func begin(_ page: RunPage, of host: HostName, in batch: inout EvidenceBatch) -> Bool {
    let cursor =
      page.rows.last?.cursor ?? RunCursor(sequence: 0, occurredMilliseconds: 0, event: "")
    do throws(SystemError) {
      try file.append([.beginning(host, cursor)])
      cursors[host] = cursor
      return true
    } catch {
      tell("the runs of \(host) are not kept: \(error)", host, in: &batch)
      return false
    }
  }

  private func tell(_ text: String, _ host: HostName, in batch: inout EvidenceBatch) {
    guard faults[host] != text else { return }
    faults[host] = text
    batch.notices.append(EvidenceNotice(text))
  }
}
