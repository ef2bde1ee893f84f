import SluiceCore
import SluiceLedgerStore
import SluicePorts
import SluiceStatus

// The ledger of a fleet's writer, on this machine's disk: the one place that knows where readers find it.

extension WriterSpec {
  /// Beside the ledger: who may write the one holds the other.
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
