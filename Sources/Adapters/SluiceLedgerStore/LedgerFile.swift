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

  /// The torn line that was cut off when the file was opened for writing, if any.
  public var recovery: LedgerRecovery? { book.recovery }

  public func read() throws(PortError) -> [LedgerEntry] { try book.read() }

  /// The new lines. Lines that were read and checked once are not read again.
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
