/// Text for a YAML file that any YAML reader reads back unchanged.
enum YAMLText {
  /// A scalar: plain where that is safe, else in double quotes.
  static func scalar(_ text: String) -> String {
    guard let first = text.utf8.first, isLetter(first) || isDigit(first) || first == 0x2F,
      text.utf8.last != 0x3A, text.utf8.allSatisfy(isPlain), !words.contains(text.lowercased()),
      !text.utf8.allSatisfy({ isDigit($0) || $0 == 0x2E })
    else { return quoted(text) }
    return text
  }

  /// A comment on one line, of printable ASCII.
  static func comment(_ text: String) -> String {
    let safe = text.unicodeScalars.prefix(300).map { scalar in
      (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
    }
    return "# " + String(safe)
  }

  private static let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case " "..."~": result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return result + "\""
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || Array("/._-@+:".utf8).contains(byte)
  }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
