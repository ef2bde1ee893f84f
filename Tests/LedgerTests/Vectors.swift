import Foundation
import SluiceCrypto
import SluiceJSON
import Testing

/// Ledgers that another program wrote, whole and tampered with, and what it says of them.
enum Vectors {
  static func bytes(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return try Array(Data(contentsOf: url.appending(path: name)))
  }

  static func lines(_ name: String = "promotions.jsonl") throws -> [[UInt8]] {
    try bytes(name).split(separator: UInt8(ascii: "\n")).map(Array.init)
  }

  /// A file of the vectors in today's form: keys that came later are added, and each `prev` names
  /// the line that it named before. Whatever is no canonical line stays as it is.
  static func modernized(_ name: String) throws -> [UInt8] {
    var hashes: [String: String] = [:]
    _ = try translate(bytes("files/intact.jsonl"), &hashes)
    return try translate(bytes("files/\(name).jsonl"), &hashes)
  }

  private static func translate(_ file: [UInt8], _ hashes: inout [String: String]) throws -> [UInt8]
  {
    var parts = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map(Array.init)
    for index in parts.indices.dropLast() {
      let old = parts[index]
      let end = old.last == UInt8(ascii: "\r") ? [UInt8(ascii: "\r")] : []
      let body = Array(old.dropLast(end.count))
      guard let value = try? JSONValue.parse(body), value.canonicalBytes() == body,
        case .object(var members) = value
      else { continue }
      members.merge(["boot": "b", "detail": [:], "mono_ms": 0, "op": "", "step": -1]) { now, _ in
        now
      }
      if let previous = value["prev"]?.text, let now = hashes[previous] {
        members["prev"] = .string(now)
      }
      parts[index] = JSONValue.object(members).canonicalBytes() + end
      hashes[SHA256Digest.hex([0] + old)] = SHA256Digest.hex([0] + parts[index])
    }
    return Array(parts.joined(separator: [UInt8(ascii: "\n")]))
  }
}
