import SluiceCore
import SluiceJournal
import SluiceLedger
import SluicePorts
import SluiceSystem

/// The ledger as anybody may read it: no lease, nothing created.
public struct LedgerReading: Sendable {
  public private(set) var entries: [LedgerEntry] = []
  public private(set) var replay = Replay()
  /// Who holds the writer's lock, if anybody: whether a controller is at work.
  public private(set) var holder: String?
  private var position = LedgerPosition()

  /// What hosts may have seen, by these lines.
  var word: LedgerWord {
    LedgerWord(
      epoch: replay.epoch,
      operations: Set(
        entries.lazy.map(\.operation).filter { !$0.isEmpty }.map(OperationID.init(rawValue:))))
  }

  /// The account that wrote the first line of the promotion that the ledger tells of last.
  public var account: String? {
    guard let id = replay.promotion?.id else { return nil }
    return entries.first { $0.promotion == id.rawValue }?.account
  }

  /// Who started it: the name that was typed, and the account that it was typed under.
  public var actorAndAccount: String {
    replay.actor + (account.map { ", account \($0)" } ?? "")
  }

  /// Leaf hash of the last line: kept elsewhere, it shows whether the lines up to it were changed since.
  public var head: String { position.head }

  /// Bytes of half a line at the end.
  public var tornBytes: Int { position.tornBytes }

  public static func load(_ writer: WriterSpec) async throws(PortError) -> LedgerReading {
    try await LedgerReading().next(writer)
  }

  /// As far as it goes: the lines that are proven, and what is wrong behind them.
  public static func asFarAsItGoes(_ writer: WriterSpec) async throws(PortError) -> (
    reading: LedgerReading, fault: PortError?
  ) {
    do throws(PortError) { return (try await load(writer), nil) } catch {
      guard error.kind == .altered, let broken = try BrokenLedger.read(writer.ledger) else {
        throw error
      }
      var reading = LedgerReading()
      reading.entries = broken.proven
      reading.replay = (try? Replay(broken.proven)) ?? Replay()
      return (await reading.again(writer), error)
    }
  }

  /// With the lines that came since.
  func next(_ writer: WriterSpec) async throws(PortError) -> LedgerReading {
    var next = self
    let (new, position) = try await LedgerFile(path: writer.ledger).read(after: position)
    do throws(LedgerFault) { for entry in new { try next.replay.take(entry) } } catch {
      throw PortError(
        .altered, "\(writer.ledger):\(error.line): \(error.message)",
        remedy: "Back, on what is proven:  sluice rollback   or bring the file back from its copy.")
    }
    next.entries += new
    next.position = position
    return await next.again(writer)
  }

  /// The same lines, and who holds the lock by now.
  func again(_ writer: WriterSpec) async -> LedgerReading {
    var again = self
    again.holder = await WriterLock(path: Self.lockPath(writer)).holder()
    return again
  }

  /// Beside the ledger: who may write the one holds the other.
  public static func lockPath(_ writer: WriterSpec) -> String { writer.ledger + ".lock" }
}
