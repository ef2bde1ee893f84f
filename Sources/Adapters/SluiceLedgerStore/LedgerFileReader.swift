import SluiceLedger
import SluicePorts
import SluiceSystem

/// The ledger's file and the writer's lock, read from the same disk.
public struct LedgerFileReader: LedgerReader {
  public let place: String
  private let lockPath: String

  /// - Parameters:
  ///   - path: of the ledger's file.
  ///   - lockPath: of the writer's lock.
  public init(path: String, lockPath: String) {
    place = path
    self.lockPath = lockPath
  }

  public func size() throws(PortError) -> Int64 {
    do throws(SystemError) { return try Files.status(of: place)?.size ?? 0 } catch {
      throw PortError(
        .failed, "the ledger cannot be read: \(error)",
        remedy: "Check that \(place) may be read by the account that runs sluice.")
    }
  }

  public func lines(after position: LedgerPosition) async throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) { try await LedgerFile(path: place).read(after: position) }

  public func proven() throws(PortError) -> [LedgerEntry]? {
    try BrokenLedger.read(place)?.proven
  }

  public func holder() async -> String? { await WriterLock(path: lockPath).holder() }
}
