/// Words for the files of service managers.
enum ServiceText {
  /// For the text of an XML element.
  static func xml(_ text: String) -> String {
    text.map { character -> String in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
  }

  /// systemd.syntax(7): a double-quoted word, `%` and `$` doubled. A plain word stays as it is.
  static func systemd(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || $0 == UInt8(ascii: "-")
    }
    if isPlain, !text.isEmpty { return text }
    let inner = text.map { character -> String in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "%": "%%"
      case "$": "$$"
      default: String(character)
      }
    }.joined()
    return "\"\(inner)\""
  }
}
