import SluiceCore
import SluiceCrypto
import SluiceJSON
import SluiceLedger
import SluiceSystem

/// The bytes behind the last line feed when the ledger was opened for writing: an interrupted
/// write. A line exists exactly when its line feed does.
public struct LedgerRecovery: Sendable, Hashable {
  /// Bytes that were cut off.
  public let tornBytes: Int
  /// Their SHA-256, in hex.
  public let tornHash: String
  /// The file that they were copied to.
  public let keptAt: String

  /// Names the copy after the number that the torn line would have had, and after its content.
  init(torn: [UInt8], line: Int, ledger: String) {
    tornBytes = torn.count
    tornHash = SHA256Digest.hex(torn)
    keptAt = "\(ledger).torn-\(line)-\(tornHash.prefix(8))"
  }

  /// The line that reports the recovery, written together with the first line after it.
  func draft(before first: LedgerDraft) -> LedgerDraft {
    LedgerDraft(
      actor: "sluice",
      detail: [
        "kept": .string(name),
        "torn_len": .integer(Int64(tornBytes)), "torn_sha256": .string(tornHash),
      ],
      epoch: first.epoch, from: "", kind: .recovered, moment: first.moment,
      operation: "", probeDigest: "", promotion: "", step: -1, ticket: "", to: "", weights: [:])
  }

  private var name: String { keptAt.pathParts.last.map(String.init) ?? keptAt }
}
