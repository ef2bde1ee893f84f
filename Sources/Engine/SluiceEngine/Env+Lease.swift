import SluiceCore
import SluiceLedger
import SluicePorts

extension Env {
  /// The ledger as it was read under the lease.
  struct LedgerUnderLease: Sendable {
    var entries: [LedgerEntry]
    var replay: Replay

    /// The epoch of lines that this lease may write.
    var epoch: Epoch { replay.epoch.next }
  }

  /// Takes the lease, reads the ledger, runs `body`, and gives the lease back whatever `body` did.
  ///
  /// - Parameters:
  ///   - note: the command, for a person who finds the lease taken.
  ///   - remedy: what to do while another writer holds the lease.
  /// - Throws: `.fenced` while another writer holds the lease; the ledger's fault, or that of `body`.
  func underLease<Value: Sendable>(
    note: String, remedy: String,
    _ body: (LedgerUnderLease) async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    do throws(PortError) { try await lease.acquire(note: note) } catch {
      guard error.kind == .refused else { throw error }
      throw PortError(.fenced, error.message, remedy: remedy)
    }
    let result: Result<Value, PortError>
    do throws(PortError) {
      let entries = try await ledger.read()
      result = .success(
        try await body(LedgerUnderLease(entries: entries, replay: try Self.replay(entries))))
    } catch { result = .failure(error) }
    await lease.release()
    return try result.get()
  }
}
