import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// `promotions.jsonl` on this machine's disk, on a thread of its own.
public actor LedgerFile: LedgerStore {
  private let executor = BlockingExecutor()
  private var book: LedgerWriter<SystemDisk>

  public init(path: String) {
    let account = "\(HostFacts.userName) (\(HostFacts.userIdentifier))"
    book = LedgerWriter(path: path, disk: SystemDisk(), account: account)
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// What was cut off when the file was opened for writing, if anything.
  public var recovery: LedgerRecovery? { book.recovery }

  public func read() throws(PortError) -> [LedgerEntry] { try book.read() }

  /// The lines that came since: what was read and checked once is not read again.
  public func read(after known: LedgerPosition) throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) {
    try book.read(after: known)
  }

  public func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) throws(PortError)
    -> [LedgerEntry]
  {
    try book.append(drafts, mayUseReserve: mayUseReserve)
  }
}
