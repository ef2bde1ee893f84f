import SluiceCrypto
import SluiceJSON

/// The `line_sha256` of a ledger line: hex of SHA-256 over the line's canonical JSON without that key.
///
/// `prev` vouches for a line only once another line follows. Until then the line's own digest tells
/// that a bit turned over on the disk while the line stayed readable. It is no proof against a person:
/// who can write the line can write its digest, too.
enum LineDigest {
  static let key = "line_sha256"

  static func seal(_ line: JSONValue) -> JSONValue {
    guard case .object(var members) = line else { return line }
    members[key] = .string(digest(of: line))
    return .object(members)
  }

  /// What is wrong with the digest of a line that was read; nil when it is right, or when the line's
  /// version has none.
  static func fault(in line: JSONValue, version: Int) -> String? {
    guard case .object(var members) = line else { return nil }
    guard let found = members.removeValue(forKey: key) else {
      return version < LedgerEntry.firstDigestVersion
        ? nil : "its \(key) is missing, which version \(version) has"
    }
    return found == .string(digest(of: .object(members)))
      ? nil
      : "its \(key) is not the digest of the line: "
        + "the line was altered, or its disk did not keep it"
  }

  private static func digest(of line: JSONValue) -> String {
    SHA256Digest.hex(line.canonicalBytes())
  }
}
