import SluiceCore

/// A file of ssh-keygen's ALLOWED SIGNERS, read more strictly than ssh-keygen does: a line that is not
/// understood is an error and not passed over, and nothing in it lets a key sign for a name that does not
/// stand there.
struct AllowedSigners {
  struct Fault: Error, Hashable {
    let line: Int
    let message: String
  }

  let principals: Set<String>

  private static let options: Set<String> = ["namespaces", "valid-after", "valid-before"]

  init(_ bytes: [UInt8]) throws(Fault) {
    var found: Set<String> = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let text = String(validating: line, as: UTF8.self),
        text.unicodeScalars.allSatisfy({ $0 == "\t" || $0.value >= 0x20 && $0.value != 0x7f })
      else { throw Fault(line: index + 1, message: "is no text of one line") }
      let words = text.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      do throws(Reason) {
        found.formUnion(try Self.principals(first))
        try Self.checkKey(Array(words.dropFirst()))
      } catch { throw Fault(line: index + 1, message: error.text) }
    }
    guard !found.isEmpty else { throw Fault(line: 1, message: "names nobody who may sign") }
    principals = found
  }

  private struct Reason: Error { let text: String }

  private static func principals(_ field: String) throws(Reason) -> [String] {
    if let sign = field.first(where: { "*?!".contains($0) }) {
      throw Reason(
        text:
          "has \(sign) in \"\(Speech.text(field, characters: 80))\": with a pattern one key signs "
          + "as anybody. Write each principal out")
    }
    guard !field.contains("\"") else { throw Reason(text: "has quotes around its principals") }
    let names = field.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.allSatisfy({ !$0.isEmpty }) else { throw Reason(text: "has an empty principal") }
    return names
  }

  private static func checkKey(_ words: [String]) throws(Reason) {
    var words = words[...]
    if let first = words.first, !isKeyType(first) {
      try checkOptions(first)
      words = words.dropFirst()
    }
    guard words.count >= 2, let type = words.first, isKeyType(type) else {
      throw Reason(text: "is not: principals, options, kind of key, key")
    }
  }

  private static func isKeyType(_ word: String) -> Bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].contains(where: word.hasPrefix)
      && !word.contains("=") && !word.contains(",")
  }

  /// `name="value",…`: quoted values hold no blank, or ssh-keygen and this would not read the same.
  private static func checkOptions(_ field: String) throws(Reason) {
    var rest = field[...]
    while !rest.isEmpty {
      let name = rest.prefix { $0 != "=" && $0 != "," }
      guard options.contains(name.lowercased()) else {
        throw Reason(
          text: "has the option \"\(Speech.text(String(name), characters: 40))\". Only "
            + options.sorted().joined(separator: ", ") + " are taken, and no certificates")
      }
      rest = rest.dropFirst(name.count)
      guard rest.hasPrefix("=\""), let end = rest.dropFirst(2).firstIndex(of: "\"") else {
        throw Reason(text: "has \(name) without a value in quotes")
      }
      rest = rest[rest.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(",") else { throw Reason(text: "has broken options") }
      rest = rest.dropFirst()
    }
  }
}
