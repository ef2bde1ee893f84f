import SluiceCore
import SluiceLedger
import SluicePorts

extension Env {
  /// The replay of the whole ledger, and every operation that the ledger intended.
  func readLedger() async throws(PortError) -> (Replay, recorded: Set<OperationID>) {
    let entries = try await ledger.read()
    let recorded = Set(
      entries.lazy.map(\.operation).filter { !$0.isEmpty }.map(OperationID.init(rawValue:)))
    return (try Self.replay(entries), recorded)
  }

  static func replay(_ entries: [LedgerEntry]) throws(PortError) -> Replay {
    do { return try Replay(entries) } catch {
      throw PortError(
        .failed, "the ledger does not add up: \(error)", remedy: "See:  sluice audit log")
    }
  }
}
