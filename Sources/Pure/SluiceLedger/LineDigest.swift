import SluiceCrypto
import SluiceJSON

/// The `line_sha256` of a ledger line: hex of SHA-256 over the line's canonical JSON without that
/// key.
///
/// `prev` protects a line only once another line follows. Until then the line's own digest reveals
/// a flipped bit on the disk in a line that is still readable. The digest does not protect against
/// a person, who can change line and digest together.
enum LineDigest {
  static let key = "line_sha256"

  static func seal(_ line: JSONValue) -> JSONValue {
    guard case .object(var members) = line else { return line }
    members[key] = .string(digest(of: line))
    return .object(members)
  }

  /// The fault of a line's digest; nil if the digest is right, or if the line's version has none.
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
