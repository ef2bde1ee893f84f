import SluiceCore
import SluiceJSON
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// A line to be written, about as long as a real one.
func draft(_ kind: String, note: String = "", epoch: Int64 = 1) -> LedgerDraft {
  LedgerDraft(
    actor: "ana", detail: ["note": .string(note)], epoch: Epoch(epoch), from: "v1",
    kind: LedgerKind(rawValue: kind),
    moment: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"), operation: "",
    probeDigest: "", promotion: "", step: -1, ticket: "OPS-1", to: "v2", weights: [:])
}

extension LedgerFile {
  func append(_ kind: String, note: String = "", epoch: Int64 = 1) throws(PortError) {
    _ = try append([draft(kind, note: note, epoch: epoch)], mayUseReserve: false)
  }

  /// The ledger at a path, as somebody reads it who only reads.
  static func kinds(at path: String) async throws(PortError) -> [String] {
    try await LedgerFile(path: path).read().map(\.kind.rawValue)
  }
}

/// Why a port did not do it; nil when it did.
func refusal(_ body: () async throws -> Void) async -> PortError? {
  do { try await body() } catch { return error as? PortError }
  return nil
}
