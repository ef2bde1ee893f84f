/// The mapping of a front matter's YAML. Anchors, aliases and tags may stand in it, unlike in a
/// file that Sluice owns.
struct FrontMatterBlock {
  enum Value: Equatable {
    case text(String)
    case nothing
    case structured
  }

  struct Entry {
    let key: String
    /// In the block, from 1.
    let line: Int
    let value: Value
  }

  struct Fault: Error {
    let error: YAMLError
    /// Where OpenClaw's reader sees it; at the end of the last line when something does not end.
    let line: Int
    /// A colon in a value makes a mapping out of it.
    var isNestedKey: Bool { error.message.contains("mapping values") }
  }

  let entries: [Entry]

  static func read(_ lines: [String], file: String) -> Result<FrontMatterBlock, Fault> {
    let bytes = Array((lines.map(readable).joined(separator: "\n") + "\n").utf8)
    let text = SourceText(bytes, file: file)
    return bytes.withUnsafeBufferPointer { buffer in
      do throws(YAMLError) {
        var parser = FrontMatterParser(
          source: try EventSource(buffer, text: text), text: text, lines: lines)
        return .success(FrontMatterBlock(entries: try parser.document()))
      } catch { return .failure(Fault(error: error, line: min(error.position.line, lines.count))) }
    }
  }

  /// libyaml refuses some characters and ends lines at others, unlike OpenClaw's reader. So these
  /// characters pass through libyaml as unused characters.
  private static func readable(_ line: String) -> String {
    var view = String.UnicodeScalarView()
    let isBlank = line.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    // The parser takes no tab before a value, nor in an empty line.
    var isBeforeValue = isBlank || KeyLine.split(line, quoted: true) != nil
    var followsColon = isBlank
    for scalar in line.unicodeScalars {
      if followsColon, scalar != " ", scalar != "\t" { isBeforeValue = false }
      if scalar == ":" { followsColon = true }
      switch scalar.value {
      case 0x09 where isBeforeValue: view.append(" ")
      case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
        0x10000...0x10FFFF:
        view.append(scalar)
      default: view.append(Unicode.Scalar(hidden + scalar.value) ?? "\u{FFFD}")
      }
    }
    return String(view)
  }

  private static let hidden: UInt32 = 0xF0000

  fileprivate static func written(_ text: String) -> String {
    var view = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isHidden = scalar.value >= hidden && scalar.value <= hidden + 0xFFFF
      view.append(isHidden ? Unicode.Scalar(scalar.value - hidden) ?? scalar : scalar)
    }
    return String(view)
  }
}

/// Takes libyaml's events apart as far as the outermost mapping.
private struct FrontMatterParser: ~Copyable {
  var source: EventSource
  let text: SourceText
  let lines: [String]
  private var anchors: [String: FrontMatterBlock.Value] = [:]

  /// libyaml's time for a bracket grows with those that are open.
  private static let depthLimit = 100

  init(source: consuming EventSource, text: SourceText, lines: [String]) {
    self.source = source
    self.text = text
    self.lines = lines
  }

  mutating func document() throws(YAMLError) -> [FrontMatterBlock.Entry] {
    _ = try source.next()
    guard case .documentStart = try source.next().kind else { throw noMapping(.start) }
    let root = try source.next()
    guard case .mappingStart = root.kind else { throw noMapping(root.position) }
    var entries: [FrontMatterBlock.Entry] = []
    var seen: Set<String> = []
    while true {
      let event = try source.next()
      if case .mappingEnd = event.kind { break }
      let key = try value(event)
      let next = try source.next()
      let value = try value(next)
      guard case .text(let name) = key else { continue }
      try refuseTwice(name, event.position, in: &seen)
      entries.append(.init(key: name, line: event.position.line, value: value))
    }
    _ = try source.next()
    let end = try source.next()
    guard case .streamEnd = end.kind else {
      throw text.error(
        end.position, "a second document begins here", "Keep one: remove what follows the first.")
    }
    return entries
  }

  private mutating func value(_ event: YAMLEvent) throws(YAMLError) -> FrontMatterBlock.Value {
    let value: FrontMatterBlock.Value
    switch event.kind {
    case .alias(let name):
      guard let known = anchors[name] else {
        throw text.error(
          event.position, "an alias (*\(name)) names nothing",
          "Put quotes around a text that begins with *.")
      }
      return known
    case .scalar(let raw, let isPlain):
      try refuseOutdented(event)
      let written = FrontMatterBlock.written(raw)
      value = isPlain && !event.hasTag ? CoreScalar.value(written) : .text(written)
    default:
      try skip(event)
      value = .structured
    }
    if let anchor = event.anchor { anchors[anchor] = value }
    return value
  }

  /// Passes over a list or mapping; only its own rules are kept.
  private mutating func skip(_ start: YAMLEvent) throws(YAMLError) {
    var open: [Level] = [Level(start)]
    var flow: YAMLEvent? = start.isFlow ? start : nil
    while let top = open.indices.last {
      let event = try source.next()
      if flow == nil, event.isFlow, event.opens { flow = event }
      if let flow { try refuseOutdented(event, in: flow, closes: open.count == 1) }
      switch event.kind {
      case .mappingEnd, .sequenceEnd:
        let closed = open.removeLast()
        if closed.position == flow?.position { flow = nil }
        continue
      case .scalar(let written, _):
        try refuseOutdented(event)
        if open[top].awaitsKey { try refuseTwice(written, event.position, in: &open[top].keys) }
        if let anchor = event.anchor { anchors[anchor] = .text(written) }
      case .alias(let name):
        guard anchors[name] != nil else {
          throw text.error(
            event.position, "an alias (*\(name)) names nothing",
            "Put quotes around a text that begins with *.")
        }
      default: break
      }
      open[top].count += 1
      if event.opens {
        guard open.count < Self.depthLimit else {
          throw text.error(
            event.position, "lists and mappings stand more than \(Self.depthLimit) deep here",
            "Write the setting flatter.")
        }
        if let anchor = event.anchor { anchors[anchor] = .structured }
        open.append(Level(event))
      }
    }
  }

  private struct Level {
    let isMapping: Bool
    let position: YAMLPosition
    var count = 0
    var keys: Set<String> = []
    var awaitsKey: Bool { isMapping && count.isMultiple(of: 2) }

    init(_ event: YAMLEvent) {
      if case .mappingStart = event.kind { isMapping = true } else { isMapping = false }
      position = event.position
    }
  }

  private func refuseTwice(
    _ key: String, _ position: YAMLPosition, in seen: inout Set<String>
  ) throws(YAMLError) {
    guard seen.insert(key).inserted else {
      throw text.error(position, "\"\(key)\" is there twice", "Keep one of the two.")
    }
  }

  /// A quoted text may go on in the next line, but not at the margin.
  private func refuseOutdented(_ event: YAMLEvent) throws(YAMLError) {
    guard case .scalar(_, isPlain: false) = event.kind, event.end.line > event.position.line else {
      return
    }
    let opening = rest(of: event.position)
    guard opening.first == "\"" || opening.first == "'" else {
      // Behind | and > a comment needs a blank before it.
      if opening.dropFirst().first(where: { !"+-123456789".unicodeScalars.contains($0) }) == "#" {
        throw text.error(event.position, "a # stands behind the sign", "Put a blank between them.")
      }
      return
    }
    for line in (event.position.line + 1)...event.end.line where isAtMargin(line) {
      throw text.error(
        event.position, "a text in quotes goes on at the margin in line \(line)",
        "Indent its lines.")
    }
  }

  /// So may brackets; only the last one may stand at the margin.
  private func refuseOutdented(
    _ event: YAMLEvent, in flow: YAMLEvent, closes: Bool
  ) throws(YAMLError) {
    // A value that is not written ends where it begins.
    let isLast = closes && !event.opens && (event.isEnd || event.end == event.position)
    guard event.position.line > flow.position.line, event.position.column == 1, !isLast else {
      return
    }
    throw text.error(
      event.position, "what stands in brackets goes on at the margin", "Indent its lines.")
  }

  private func rest(of position: YAMLPosition) -> Substring.UnicodeScalarView {
    guard lines.indices.contains(position.line - 1) else { return Substring().unicodeScalars }
    return lines[position.line - 1].unicodeScalars.dropFirst(position.column - 1)
  }

  private func isAtMargin(_ line: Int) -> Bool {
    guard lines.indices.contains(line - 1), let first = lines[line - 1].unicodeScalars.first else {
      return false
    }
    return first != " " && first != "\t"
  }

  private func noMapping(_ position: YAMLPosition) -> YAMLError {
    text.error(position, "it holds no settings", "Write  name: …  and  description: …")
  }
}

extension YAMLEvent {
  fileprivate var opens: Bool {
    switch kind {
    case .mappingStart, .sequenceStart: true
    default: false
    }
  }

  fileprivate var isEnd: Bool {
    switch kind {
    case .mappingEnd, .sequenceEnd: true
    default: false
    }
  }
}

/// The value of an unquoted text by YAML 1.2's core schema, printed as OpenClaw's language prints
/// it.
enum CoreScalar {
  static func value(_ text: String) -> FrontMatterBlock.Value {
    switch text {
    case "", "~", "null", "Null", "NULL": .nothing
    case "true", "True", "TRUE": .text("true")
    case "false", "False", "FALSE": .text("false")
    default: .text(number(text) ?? text)
    }
  }

  private static func number(_ text: String) -> String? {
    if let special = special(text) { return special }
    for (mark, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(mark) {
      let digits = text.dropFirst(2)
      guard digits.first != "+", digits.first != "-", let value = Int(digits, radix: radix) else {
        return nil
      }
      return printed(Double(value))
    }
    let allowed = text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0)
    }
    guard allowed, text.utf8.contains(where: { (48...57).contains($0) }) else { return nil }
    return Double(text).map(printed)
  }

  private static func special(_ text: String) -> String? {
    switch text {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": "Infinity"
    case "-.inf", "-.Inf", "-.INF": "-Infinity"
    case ".nan", ".NaN", ".NAN": "NaN"
    default: nil
    }
  }

  private static func printed(_ value: Double) -> String {
    if value == 0 { return "0" }
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
    return "\(value)"
  }
}
