import SluiceCore
import SluiceCrypto
import SluiceJSON

/// An entry as it stands in the file: the bytes of its line, without the line feed.
public struct LedgerLine: Sendable, Hashable {
  public let bytes: [UInt8]
  public let entry: LedgerEntry

  /// Writes an entry. Throws when it would exceed a line, or when its weights do not add up.
  public init(_ entry: LedgerEntry) throws(LedgerFault) {
    guard let bytes = try? CanonicalJSON.bytes(entry) else {
      throw LedgerFault(line: Int(entry.n) + 1, "the entry cannot be written as JSON")
    }
    try Self.check(entry, size: bytes.count, line: Int(entry.n) + 1)
    self.bytes = bytes
    self.entry = entry
  }

  /// Reads line `line` (from 1). It must have exactly the form in which it would be written.
  public init(bytes: [UInt8], line: Int) throws(LedgerFault) {
    let value: JSONValue
    do { value = try JSONValue.parse(bytes) } catch {
      throw LedgerFault(line: line, "it is not canonical JSON: \(error)")
    }
    let entry: LedgerEntry
    do { entry = try CanonicalJSON.decode(LedgerEntry.self, from: value) } catch {
      let brief = (error as? DecodingError)?.brief ?? "\(error)"
      throw LedgerFault(line: line, "it is not a ledger entry: \(brief)")
    }
    guard value.canonicalBytes() == bytes else {
      throw LedgerFault(line: line, "its bytes are not the canonical form of what they say")
    }
    try Self.check(entry, size: bytes.count, line: line)
    self.bytes = bytes
    self.entry = entry
  }

  /// RFC 6962 §2.1: SHA-256(0x00 ‖ entry), in hex.
  public var leafHash: String { SHA256Digest.hex([0] + bytes) }

  private static func check(_ entry: LedgerEntry, size: Int, line: Int) throws(LedgerFault) {
    guard size <= LedgerEntry.maximumBytes else {
      throw LedgerFault(line: line, "it has \(size) bytes, \(LedgerEntry.maximumBytes) are allowed")
    }
    guard entry.v == LedgerEntry.version else {
      throw LedgerFault(line: line, "version \(entry.v) is not known, only 1 is")
    }
    let sum = entry.weights.values.reduce(0, +)
    guard entry.weights.isEmpty || (sum == 10_000 && entry.weights.values.allSatisfy { $0 >= 0 })
    else {
      throw LedgerFault(line: line, "its weights add up to \(sum), not to 10000 basis points")
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
