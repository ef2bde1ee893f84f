import SluiceCore
import SluicePorts
import SluiceSystem

/// Reads the log for one promotion. It works when it is asked for the next batch, and has no task
/// of its own.
actor SessionReceiver {
  private let settings: SessionLog.Settings
  private let file: EvidenceFile
  private let lock: FileLock
  private var intake: SessionLogReader
  private var replay: EvidenceBatch?
  private var connection: RingConnection?
  /// The fault that was told last, so that it is told once.
  private var fault: String?
  private var isFull = false
  private var floods = FloodWatch()

  private static let readDeadline: Duration = .milliseconds(250)
  private static let reconnectPause: Duration = .milliseconds(250)
  private static let lockMilliseconds: Int64 = 3_000

  static func open(
    _ promotion: PromotionID, _ settings: SessionLog.Settings
  ) async throws(PortError) -> SessionReceiver {
    let path = try path(of: promotion, in: settings.directory)
    let lock = try await lock(path, settings)
    do throws(SystemError) {
      var (file, contents) = try EvidenceFile.open(
        path, promotion: promotion, limit: settings.limit)
      if contents.isNew {
        contents.beginnings = await beginnings(settings)
        try file.begin(contents.beginnings)
      }
      return SessionReceiver(settings, file, lock, contents)
    } catch {
      lock.release()
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed,
        "the evidence of \(promotion) cannot be kept: \(error)",
        remedy: "Mend \(settings.directory), then go on:  sluice resume")
    }
  }

  private init(
    _ settings: SessionLog.Settings, _ file: EvidenceFile, _ lock: FileLock,
    _ contents: EvidenceFile.Contents
  ) {
    self.settings = settings
    self.file = file
    self.lock = lock
    intake = SessionLogReader(beginnings: contents.beginnings)
    var replay = EvidenceBatch(sessions: [])
    let now = settings.time.now().monotonicMilliseconds
    replay.sessions = intake.recall(contents.entries, now: now)
    intake.pass(contents.left, now: now)
    if contents.damaged > 0 {
      replay.notices = ["\(contents.damaged) lines of the evidence file cannot be read"]
    }
    self.replay = replay.isEmpty ? nil : replay
  }

  /// The next batch that says anything; nil once the task is cancelled.
  func next() async -> EvidenceBatch? {
    if let replay {
      self.replay = nil
      return replay
    }
    while !Task.isCancelled {
      var batch = await receive()
      let grace = settings.grace.wholeMilliseconds
      let now = settings.time.now().monotonicMilliseconds
      batch.lost = intake.lost(noticedBy: now - grace)
      if connection != nil, floods.isDue(now) {
        let count = await RingConnection.untold(socket: settings.socket)
        batch.hidesSessions = floods.hidesSessions(count)
        if let words = floods.take(count, now: now) {
          batch.notices.append(EvidenceNotice(words))
        }
      }
      if !batch.isEmpty { return batch }
    }
    // File, lock and connection go with the receiver.
    return nil
  }

  private func receive() async -> EvidenceBatch {
    guard let connection else { return await connect() }
    switch await connection.read(within: Self.readDeadline) {
    case .bytes(let bytes): return count(bytes)
    case .nothingYet: return EvidenceBatch(sessions: [])
    case .ended:
      connection.close()
      self.connection = nil
      return EvidenceBatch(sessions: [])
    }
  }

  private func connect() async -> EvidenceBatch {
    // Also when another one runs by now: this may come late.
    var batch = unread()
    do throws(SystemError) {
      let run = await RingConnection.run(socket: settings.socket)
      connection = try await RingConnection.open(socket: settings.socket)
      fault = nil
      intake.restart(run: run)
    } catch {
      if Task.isCancelled { return batch }
      tell("the session log does not answer: \(error)", in: &batch)
      // Cancellation shows in the caller's loop.
      try? await settings.time.sleep(for: Self.reconnectPause)
    }
    return batch
  }

  /// The lines that HAProxy's memory held when HAProxy stopped.
  private func unread() -> EvidenceBatch {
    guard let bytes = try? Files.read(settings.unread) else { return EvidenceBatch(sessions: []) }
    intake.restart()
    return count(bytes)
  }

  /// On disk first: what was counted once is never counted anew.
  private func count(_ bytes: [UInt8]) -> EvidenceBatch {
    let (entries, notices) = intake.take(bytes, now: settings.time.now().monotonicMilliseconds)
    var batch = EvidenceBatch(sessions: entries.map(\.session), notices: notices)
    do throws(SystemError) {
      if try !file.append(entries), !isFull {
        isFull = true
        batch.notices.append(
          EvidenceNotice(
            "the evidence file has its size of \(settings.limit >> 20) MiB: further sessions count, and "
              + "a later controller would do without them"))
      }
    } catch {
      tell("the evidence is not kept for a later controller: \(error)", in: &batch)
    }
    return batch
  }

  private func tell(_ text: String, in batch: inout EvidenceBatch) {
    guard fault != text else { return }
    fault = text
    batch.notices.append(EvidenceNotice(text))
  }

  // MARK: Opening

  /// The positions in the log: of the run that continues, and of the runs that stopped.
  private static func beginnings(
    _ settings: SessionLog.Settings
  ) async -> [EvidenceFile.Beginning] {
    let unread = (try? Files.read(settings.unread)) ?? []
    let run = await RingConnection.run(socket: settings.socket)
    let log = await RingConnection.contents(socket: settings.socket)
    return SessionLogReader.ends(of: unread) + SessionLogReader.ends(of: log, run: run)
  }

  private static func path(
    of promotion: PromotionID, in directory: String
  ) throws(PortError) -> String {
    "\(directory)/\(try promotion.evidenceName()).evidence"
  }

  private static func lock(
    _ path: String, _ settings: SessionLog.Settings
  ) async throws(PortError) -> FileLock {
    let began = settings.time.now()
    while true {
      do throws(SystemError) {
        try Files.makePrivateDirectory(settings.directory)
        let note = "sluice, pid \(HostFacts.processIdentifier)"
        if let lock = try FileLock.tryAcquire(path + ".lock", note: note) { return lock }
      } catch {
        throw PortError(.failed, "the evidence cannot be kept: \(error)", remedy: error.ownRemedy)
      }
      // A reader that was just cancelled lets go within a read.
      guard let waited = settings.time.now().milliseconds(since: began),
        waited < lockMilliseconds, (try? await settings.time.sleep(for: readDeadline)) != nil
      else {
        throw PortError(
          .refused, "another controller reads the session log of this promotion",
          remedy: "See who:  sluice status")
      }
    }
  }
}

extension EvidenceBatch {
  fileprivate var isEmpty: Bool {
    sessions.isEmpty && lost == 0 && notices.isEmpty && !hidesSessions
  }
}
