import SluiceCore
import SluiceJournal
import SluiceLedger
import SluicePorts
import SluiceSystem

/// The ledger as anybody may read it: no lease, nothing created.
public struct LedgerReading: Sendable {
  public let entries: [LedgerEntry]
  public let replay: Replay
  /// Who holds the writer's lock, if anybody: whether a controller is at work.
  public let holder: String?

  public static func load(_ writer: WriterSpec) async throws(PortError) -> LedgerReading {
    let entries = try await LedgerFile(path: writer.ledger).read()
    let replay: Replay
    do throws(LedgerFault) { replay = try Replay(entries) } catch {
      throw PortError(
        .failed, "\(writer.ledger):\(error.line): \(error.message)",
        remedy: "See what stands there:  sluice audit log")
    }
    let lock = WriterLock(path: lockPath(writer))
    return LedgerReading(entries: entries, replay: replay, holder: await lock.holder())
  }

  /// Beside the ledger: who may write the one holds the other.
  public static func lockPath(_ writer: WriterSpec) -> String { writer.ledger + ".lock" }
}

/// The real clock.
public struct SystemTime: Time {
  public init() {}

  public func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(),
      boot: SystemClock.bootIdentifier())
  }

  public func sleep(for duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }
}
