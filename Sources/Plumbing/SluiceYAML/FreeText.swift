/// Settings that people write as prose, with colons, brackets and quotes in it.
enum FreeText {
  static let keys = ["description", "read_when", "summary"]

  /// The block with the value at the fault quoted; nil where that does not help.
  static func quoting(_ block: [String], at fault: FrontMatterBlock.Fault) -> [String]? {
    let index = fault.line - 1
    guard block.indices.contains(index), let quoted = quoted(block[index], fault),
      quoted != block[index]
    else { return nil }
    var mended = block
    mended[index] = quoted
    return mended
  }

  private static func quoted(_ line: String, _ fault: FrontMatterBlock.Fault) -> String? {
    guard let (key, raw) = KeyLine.split(line, quoted: true), keys.contains(key) else { return nil }
    let value = raw.trimmedAsScript
    guard !value.isEmpty, !isBlockHeader(value) else { return nil }
    guard key == "description" || fault.isNestedKey && value.contains(": ") else { return nil }
    return "\(key): \(doubleQuoted(value.withoutQuotes))"
  }

  /// `|` and `>` with what may stand behind them: the text follows below.
  private static func isBlockHeader(_ value: String) -> Bool {
    var rest = Array(value.utf8)
    guard let first = rest.first, first == UInt8(ascii: "|") || first == UInt8(ascii: ">") else {
      return false
    }
    rest.removeFirst()
    let digits = rest.count { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
    let signs = rest.count { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    return digits + signs == rest.count && digits <= 1 && signs <= 1
  }

  private static func doubleQuoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\t": quoted += "\\t"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

/// A line `key: value` at the margin.
enum KeyLine {
  /// - Parameter quoted: whether the key may stand in quotes.
  static func split(_ line: String, quoted: Bool) -> (key: String, value: String)? {
    let scalars = Array(line.unicodeScalars)
    let quote = scalars.first.flatMap { $0 == "\"" || $0 == "'" ? $0 : nil }
    if quote != nil, !quoted { return nil }
    let start = quote == nil ? 0 : 1
    var end = start
    while end < scalars.count, isWord(scalars[end]) { end += 1 }
    guard end > start else { return nil }
    var colon = end
    if let quote {
      guard colon < scalars.count, scalars[colon] == quote else { return nil }
      colon += 1
    }
    guard colon < scalars.count, scalars[colon] == ":" else { return nil }
    return (text(scalars[start..<end]), text(scalars[(colon + 1)...]))
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// The characters that OpenClaw's language takes for a blank.
  var isBlankInScript: Bool {
    self == "\u{FEFF}" || (self != "\u{85}" && properties.isWhitespace)
  }
}

extension String {
  var trimmedAsScript: String {
    var view = Substring.UnicodeScalarView(unicodeScalars[...])
    while let first = view.first, first.isBlankInScript { view.removeFirst() }
    while let last = view.last, last.isBlankInScript { view.removeLast() }
    return String(Substring(view))
  }

  /// Without a pair of the same quotes around it.
  var withoutQuotes: String {
    guard let first = unicodeScalars.first, first == "\"" || first == "'",
      unicodeScalars.last == first
    else { return self }
    return String(Substring(unicodeScalars.dropFirst().dropLast()))
  }
}
