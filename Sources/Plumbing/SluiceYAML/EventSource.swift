import CYAML
import SluiceText

/// The events that libyaml sees in a file, in order.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    case documentStart(hasDirectives: Bool)
    case alias(String)
    case scalar(String, isPlain: Bool)
  }

  let kind: Kind
  let position: YAMLPosition
  /// Behind its last character.
  let end: YAMLPosition
  /// Of a node: the name behind `&`, and whether `!` precedes it.
  var anchor: String?
  var hasTag = false
  /// Of a list or mapping: whether it is written in brackets.
  var isFlow = false
}

/// libyaml's parser over bytes that outlive it. The only place that touches the library.
///
/// Its event interface, never its document loader: that one expands aliases and forgets places.
struct EventSource: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: SourceText

  /// - Parameter bytes: must stay valid for as long as this value lives.
  init(_ bytes: UnsafeBufferPointer<UInt8>, text: SourceText) throws(YAMLError) {
    self.text = text
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw text.error(.start, "there is no memory to read it", "Free memory, then try again.")
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  mutating func next() throws(YAMLError) -> YAMLEvent {
    var raw = yaml_event_t()
    guard yaml_parser_parse(parser, &raw) == 1 else { throw problem() }
    defer { yaml_event_delete(&raw) }
    return event(raw)
  }

  private func event(_ raw: yaml_event_t) -> YAMLEvent {
    let position = position(raw.start_mark)
    let end = self.position(raw.end_mark)
    func node(
      _ kind: YAMLEvent.Kind, _ anchor: UnsafeMutablePointer<yaml_char_t>?,
      _ tag: UnsafeMutablePointer<yaml_char_t>?, isFlow: Bool = false
    ) -> YAMLEvent {
      // libyaml forgets a lone `!`; the text does not.
      let marked = text.scalar(at: Int(raw.start_mark.index)) == "!"
      return YAMLEvent(
        kind: kind, position: position, end: end, anchor: anchor.map { String(cString: $0) },
        hasTag: tag != nil || marked, isFlow: isFlow)
    }
    switch raw.type {
    case YAML_DOCUMENT_START_EVENT:
      let start = raw.data.document_start
      let hasDirectives =
        start.version_directive != nil || start.tag_directives.start != start.tag_directives.end
      return YAMLEvent(
        kind: .documentStart(hasDirectives: hasDirectives), position: position, end: end)
    case YAML_ALIAS_EVENT:
      let name = String(cString: raw.data.alias.anchor)
      return YAMLEvent(kind: .alias(name), position: position, end: end)
    case YAML_SCALAR_EVENT:
      let scalar = raw.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
      let value = String(decoding: bytes, as: UTF8.self)
      return node(.scalar(value, isPlain: isPlain), scalar.anchor, scalar.tag)
    case YAML_SEQUENCE_START_EVENT:
      let list = raw.data.sequence_start
      return node(
        .sequenceStart, list.anchor, list.tag, isFlow: list.style == YAML_FLOW_SEQUENCE_STYLE)
    case YAML_MAPPING_START_EVENT:
      let mapping = raw.data.mapping_start
      return node(
        .mappingStart, mapping.anchor, mapping.tag, isFlow: mapping.style == YAML_FLOW_MAPPING_STYLE
      )
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, position: position, end: end)
    case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, position: position, end: end)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, position: position, end: end)
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, position: position, end: end)
    // libyaml says nothing (`YAML_NO_EVENT`) only after the end.
    default: return YAMLEvent(kind: .streamEnd, position: position, end: end)
    }
  }

  /// At the end of the file libyaml counts a line that is not there.
  private func position(_ mark: yaml_mark_t) -> YAMLPosition {
    if Int(mark.index) >= text.scalars.count { return text.end }
    return YAMLPosition(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  /// libyaml's own refusal, with the place it forgets for bytes it cannot read.
  private func problem() -> YAMLError {
    let failed = parser.pointee
    let problem = failed.problem.map { String(cString: $0) } ?? "it cannot be read"
    switch failed.error {
    case YAML_READER_ERROR:
      return text.error(
        text.position(ofByte: failed.problem_offset), "not readable text: \(problem)",
        "Save the file as UTF-8 without control characters.")
    case YAML_MEMORY_ERROR:
      return text.error(.start, "there is no memory to read it", "Free memory, then try again.")
    default:
      let context = failed.context.map { String(cString: $0) + ": " } ?? ""
      // Where a colon is missing, the key's position helps more than the position after it.
      let lacksColon = problem.contains("could not find expected ':'")
      let mark = lacksColon ? failed.context_mark : failed.problem_mark
      return text.error(
        position(mark), "not valid YAML: \(context)\(problem)",
        Self.remedy(for: problem, at: text.scalar(at: Int(mark.index))))
    }
  }

  private static func remedy(for problem: String, at scalar: Unicode.Scalar?) -> String {
    switch scalar {
    case "\t": return "Indent with spaces; YAML allows no tabs there."
    case "%": return "Remove the directive, or quote a value that begins with %."
    case "@", "`": return "Quote a value that begins with @ or a backquote."
    default: break
    }
    if problem.contains("could not find expected ':'") {
      return "Write a colon and a space behind the key, or quote the text."
    }
    if problem.contains("mapping values") {
      return "Quote a value that contains \": \", or correct the indentation."
    }
    if problem.contains("end of stream") || problem.contains("unexpected end") {
      return "Close the quote or bracket that was opened before."
    }
    return "Check indentation, quotes and brackets here and on the line before."
  }
}
