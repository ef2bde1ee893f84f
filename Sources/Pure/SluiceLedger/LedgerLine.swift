import SluiceCore
import SluiceCrypto
import SluiceJSON

/// An entry as it stands in the file: the bytes of its line, without the line feed.
public struct LedgerLine: Sendable, Hashable {
  public let bytes: [UInt8]
  public let entry: LedgerEntry

  /// Writes an entry. What could not be read back is not written: the fault says why.
  public init(_ entry: LedgerEntry) throws(LedgerFault) {
    let line = Int(entry.n &+ 1)
    var value: JSONValue
    do { value = try CanonicalJSON.encode(entry) } catch {
      throw LedgerFault(line: line, "the entry cannot be written as JSON: \(error)")
    }
    if entry.v >= LedgerEntry.firstDigestVersion { value = LineDigest.seal(value) }
    try self.init(bytes: value.canonicalBytes(), line: line)
  }

  /// Reads line `line` (from 1). It must be canonical JSON; keys that this version does not know are kept
  /// in the bytes, and passed over.
  public init(bytes: [UInt8], line: Int) throws(LedgerFault) {
    try self.init(bytes: bytes, line: line, checksDigest: true)
  }

  /// What a line says, whether or not its digest is right: nothing vouches for it. Nil when it has not
  /// even the form of a line.
  public static func claim(in bytes: [UInt8]) -> LedgerEntry? {
    try? LedgerLine(bytes: bytes, line: 1, checksDigest: false).entry
  }

  private init(bytes: [UInt8], line: Int, checksDigest: Bool) throws(LedgerFault) {
    guard bytes.count <= LedgerEntry.maximumBytes else {
      throw LedgerFault(
        line: line, "it has \(bytes.count) bytes, \(LedgerEntry.maximumBytes) are allowed")
    }
    let value: JSONValue
    do { value = try JSONValue.parse(bytes) } catch {
      throw LedgerFault(line: line, "it is not canonical JSON: \(error)")
    }
    guard value.canonicalBytes() == bytes else {
      throw LedgerFault(line: line, "its bytes are not the canonical form of what they say")
    }
    do { entry = try CanonicalJSON.decode(LedgerEntry.self, from: value) } catch {
      let brief = (error as? DecodingError)?.brief ?? "\(error)"
      throw LedgerFault(line: line, "it is not a ledger entry: \(brief)")
    }
    self.bytes = bytes
    if checksDigest, let message = LineDigest.fault(in: value, version: entry.v) {
      throw LedgerFault(line: line, message)
    }
    if let message = Self.fault(in: entry) { throw LedgerFault(line: line, message) }
  }

  /// RFC 6962 §2.1: SHA-256(0x00 ‖ entry), in hex.
  public var leafHash: String { SHA256Digest.hex([0] + bytes) }

  /// What the types of the entry's members leave open.
  private static func fault(in entry: LedgerEntry) -> String? {
    guard LedgerEntry.versions.contains(entry.v) else {
      let known = LedgerEntry.versions.map(String.init).joined(separator: " and ")
      return "version \(entry.v) is not known, only \(known) are"
    }
    if let fault = tenantsFault(in: entry) { return fault }
    guard Timestamp.milliseconds(entry.timestamp) != nil else {
      return "its ts \"\(entry.timestamp)\" is not a time"
    }
    guard case .object = entry.detail else { return "its detail is not an object" }
    guard entry.step >= -1 else { return "its step \(entry.step) is lower than -1" }
    guard entry.weights.values.allSatisfy((0...10_000).contains) else {
      return "a weight is not between 0 and 10000 basis points"
    }
    let sum = entry.weights.values.clampedSum()
    guard entry.weights.isEmpty || sum == 10_000 else {
      return "its weights add up to \(sum), not to 10000 basis points"
    }
    return nil
  }

  private static func tenantsFault(in entry: LedgerEntry) -> String? {
    switch (entry.v, entry.tenants) {
    case (1, nil): nil
    case (1, _): "version 1 has no tenants"
    case (_, nil): "its tenants are missing, which version \(entry.v) has"
    case (_, let tenants?):
      Set(tenants).sorted() == tenants ? nil : "its tenants are not sorted, each once"
    }
  }
}

/// What is wrong with a ledger, and on which line.
public struct LedgerFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// From 1, as editors and `sed -n` count.
  public let line: Int
  public let message: String

  public init(line: Int, _ message: String) {
    self.line = line
    self.message = message
  }

  public var description: String { "line \(line): \(message)" }
}
