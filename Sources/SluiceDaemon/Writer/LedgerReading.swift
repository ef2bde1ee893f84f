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

  /// The same lines, and who holds the lock by now.
  func again(_ writer: WriterSpec) async -> LedgerReading {
    let lock = WriterLock(path: Self.lockPath(writer))
    return LedgerReading(entries: entries, replay: replay, holder: await lock.holder())
  }

  /// Beside the ledger: who may write the one holds the other.
  public static func lockPath(_ writer: WriterSpec) -> String { writer.ledger + ".lock" }
}
