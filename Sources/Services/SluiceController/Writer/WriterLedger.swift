import SluiceCore
import SluiceLedgerStore
import SluicePorts
import SluiceStatus

// The writer's ledger on this machine's disk. Only this file knows where readers find the ledger.

extension WriterSpec {
  /// The lock file beside the ledger. Its holder may write the ledger.
  public var lockPath: String { ledger + ".lock" }

  public var ledgerReader: LedgerFileReader {
    LedgerFileReader(path: ledger, lockPath: lockPath)
  }
}

extension LedgerReading {
  public static func load(_ writer: WriterSpec) async throws(PortError) -> LedgerReading {
    try await load(writer.ledgerReader)
  }

  public static func asFarAsItGoes(_ writer: WriterSpec) async throws(PortError) -> (
    reading: LedgerReading, fault: PortError?
  ) { try await asFarAsItGoes(writer.ledgerReader) }
}

extension LedgerWatch {
  public init(_ writer: WriterSpec) { self.init(writer.ledgerReader, time: SystemTime()) }
}
