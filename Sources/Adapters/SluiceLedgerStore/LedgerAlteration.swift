import SluiceCore
import SluiceCrypto
import SluiceJSON
import SluiceLedger
import SluicePorts

/// The difference between a ledger and the lines written to it: the fault, its line, and the path
/// of the changed file.
public struct LedgerAlteration: Sendable, Hashable {
  /// The first line that is not as it was written, from 1.
  public let line: Int
  public let message: String
  /// The changed file under its second name; nil when nothing was left to keep.
  public let keptAt: String?
  /// Bytes of the changed file, and their SHA-256, in hex.
  public let bytes: Int
  public let hash: String

  /// - Parameter found: the bytes at the ledger's path; nil when the file is absent.
  init(line: Int, _ message: String, found: [UInt8]?, ledger: String) {
    self.line = line
    self.message = message
    let hash = SHA256Digest.hex(found ?? [])
    bytes = found?.count ?? 0
    self.hash = hash
    keptAt = found.map { _ in "\(ledger).altered-\(line)-\(hash.prefix(8))" }
  }

  /// The line that reports the alteration, the first one behind the unchanged lines.
  ///
  /// - Parameter epoch: at least the highest epoch that may have been used.
  func draft(epoch: Epoch, at moment: Moment, actor: String) -> LedgerDraft {
    let name = keptAt?.pathParts.last.map(String.init)
    return LedgerDraft(
      actor: actor,
      detail: [
        "kept": name.map { .string($0) } ?? .null, "line": .integer(Int64(line)),
        "found_len": .integer(Int64(bytes)), "found_sha256": .string(hash),
        "message": .string(message),
      ],
      epoch: epoch, from: "", kind: .altered, moment: moment, operation: "",
      probeDigest: "", promotion: "", step: -1, ticket: "", to: "", weights: [:])
  }

  /// For a writer that finds the alteration.
  func error(of ledger: String) -> PortError {
    let kept = keptAt.map { " The changed file is kept as \($0)." } ?? ""
    return PortError(
      .altered, "\(ledger):\(line): \(message).\(kept)",
      remedy: "The ledger goes on in a new file, with its lines as they were written. "
        + "Find out who changed it, and keep both files.")
  }

  /// The first difference between the written lines and the found bytes; nil when the found bytes
  /// begin with all written lines.
  static func between(
    _ written: [UInt8], _ found: [UInt8]?, ledger: String
  ) -> LedgerAlteration? {
    guard let found else {
      return LedgerAlteration(
        line: 1, "the ledger is gone, it was removed while a controller wrote it", found: nil,
        ledger: ledger)
    }
    let common = zip(written, found).prefix { $0 == $1 }.count
    guard common < written.count else { return nil }
    let line = written[..<common].count { $0 == UInt8(ascii: "\n") } + 1
    let what =
      common == found.count
      ? "the ledger ends here, and what was written behind it is gone"
      : "this line was changed after it was written"
    return LedgerAlteration(line: line, what, found: found, ledger: ledger)
  }
}
