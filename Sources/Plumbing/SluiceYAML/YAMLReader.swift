import SluiceText

/// Reads one strict YAML document.
///
/// Refused, because each lets a file mean something else than it shows, or grow: anchors, aliases,
/// tags, directives, merge and complex keys, duplicate keys, a second document, byte order marks,
/// control characters. Nothing is converted: `no` stays the text `no`.
public enum YAMLReader {
  public struct Limits: Sendable {
    public var fileBytes: Int
    /// Of one scalar, key or value.
    public var scalarBytes: Int
    /// Lists and mappings inside each other.
    public var depth: Int

    public init(fileBytes: Int = 65_536, scalarBytes: Int = 16_384, depth: Int = 32) {
      self.fileBytes = fileBytes
      self.scalarBytes = scalarBytes
      self.depth = depth
    }
  }

  /// - Parameter file: the name for messages.
  public static func read(
    _ bytes: [UInt8], file: String, limits: Limits = Limits()
  ) throws(YAMLError) -> YAMLNode {
    guard bytes.count <= limits.fileBytes else {
      throw YAMLError(
        file: file, position: .start,
        message: "the file has \(bytes.count) bytes, \(limits.fileBytes) are allowed",
        remedy: "Split it, or remove what does not belong in it.")
    }
    let text = SourceText(bytes, file: file)
    if let position = text.firstByteOrderMark() {
      throw text.error(
        position, "a byte order mark (U+FEFF) stands here",
        "Save the file as UTF-8 without a byte order mark.")
    }
    return try bytes.withUnsafeBufferPointer { (buffer) throws(YAMLError) -> YAMLNode in
      var builder = Builder(
        source: try EventSource(buffer, text: text), text: text, limits: limits)
      return try builder.document()
    }
  }
}

/// Builds nodes out of events, and refuses what libyaml lets through.
private struct Builder: ~Copyable {
  var source: EventSource
  let text: SourceText
  let limits: YAMLReader.Limits
  var depth = 0

  init(source: consuming EventSource, text: SourceText, limits: YAMLReader.Limits) {
    self.source = source
    self.text = text
    self.limits = limits
  }

  mutating func document() throws(YAMLError) -> YAMLNode {
    _ = try source.next()
    let start = try source.next()
    guard case .documentStart(let hasDirectives) = start.kind else {
      throw text.error(start.position, "the file is empty", "Write the settings into it.")
    }
    if hasDirectives {
      throw text.error(
        start.position, "a directive (%YAML or %TAG) stands here", "Remove the line with the %.")
    }
    let root = try node(try source.next())
    _ = try source.next()
    let end = try source.next()
    guard case .streamEnd = end.kind else {
      throw text.error(
        end.position, "a second document begins here",
        "Keep one document in a file: remove the \"---\" and what follows it.")
    }
    return root
  }

  private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> YAMLNode {
    try refuseProperties(of: event)
    switch event.kind {
    case .scalar(let value, let isPlain):
      try checkScalar(value, at: event.position)
      return YAMLNode(position: event.position, content: .scalar(value, isPlain: isPlain))
    case .sequenceStart:
      return YAMLNode(position: event.position, content: .sequence(try items(event.position)))
    case .mappingStart:
      return YAMLNode(position: event.position, content: .mapping(try entries(event.position)))
    default:
      throw text.error(
        event.position, "a value is missing here", "Write one, or remove what announces it.")
    }
  }

  private mutating func items(_ position: YAMLPosition) throws(YAMLError) -> [YAMLNode] {
    try enter(position)
    defer { depth -= 1 }
    var items: [YAMLNode] = []
    while true {
      let event = try source.next()
      if case .sequenceEnd = event.kind { return items }
      items.append(try node(event))
    }
  }

  private mutating func entries(_ position: YAMLPosition) throws(YAMLError) -> [YAMLEntry] {
    try enter(position)
    defer { depth -= 1 }
    var entries: [YAMLEntry] = []
    var seen: [String: YAMLPosition] = [:]
    while true {
      let event = try source.next()
      if case .mappingEnd = event.kind { return entries }
      let key = try key(event)
      if let first = seen[key] {
        throw text.error(
          event.position, "\(shown(key)) is there twice (first at line \(first.line))",
          "Keep one of the two.")
      }
      seen[key] = event.position
      let value = try node(try source.next())
      entries.append(YAMLEntry(key: key, keyPosition: event.position, value: value))
    }
  }

  private func key(_ event: YAMLEvent) throws(YAMLError) -> String {
    try refuseProperties(of: event)
    guard case .scalar(let key, let isPlain) = event.kind else {
      throw text.error(
        event.position, "a list or mapping is used as a key", "Use a name as the key.")
    }
    try checkScalar(key, at: event.position)
    if key == "<<" && isPlain {
      throw text.error(
        event.position, "a merge key (<<) stands here", "Write the settings out where they apply.")
    }
    if key.isEmpty {
      throw text.error(event.position, "a key is empty", "Write a name before the colon.")
    }
    return key
  }

  private mutating func enter(_ position: YAMLPosition) throws(YAMLError) {
    guard depth < limits.depth else {
      throw text.error(
        position, "lists and mappings are nested deeper than \(limits.depth)", "Make it flatter.")
    }
    depth += 1
  }

  private func refuseProperties(of event: YAMLEvent) throws(YAMLError) {
    if case .alias(let name) = event.kind {
      throw text.error(
        event.position, "an alias (*\(PrintableText.escaped(name, limit: 40))) stands here",
        "Write the value out; quote a text that begins with *.")
    }
    if let anchor = event.anchor {
      throw text.error(
        event.position, "an anchor (&\(PrintableText.escaped(anchor, limit: 40))) stands here",
        "Remove it and write the value out; quote a text that begins with &.")
    }
    if event.hasTag {
      throw text.error(
        event.position, "a tag (!) stands here", "Remove it; quote a text that begins with !.")
    }
  }

  private func checkScalar(_ value: String, at position: YAMLPosition) throws(YAMLError) {
    if value.utf8.count > limits.scalarBytes {
      throw text.error(
        position,
        "a value has \(value.utf8.count) bytes, \(limits.scalarBytes) are allowed",
        "Shorten it.")
    }
    let control = value.unicodeScalars.first {
      $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t"
    }
    if let control {
      let code = String(control.value, radix: 16)
      throw text.error(
        position, "a value holds the control character \\x\(code.count < 2 ? "0" : "")\(code)",
        "Remove it: settings are text.")
    }
  }

  private func shown(_ key: String) -> String {
    "\"\(PrintableText.escaped(key, limit: 60))\""
  }
}
