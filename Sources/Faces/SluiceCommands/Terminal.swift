import SluiceArguments
import SluiceJSON
import SluiceSystem

/// Where a command speaks: data on standard output, messages on standard error. The one place that
/// knows output formats.
public struct Terminal: Sendable {
  public let style: Style
  public let isJSON: Bool
  /// Whether standard output is a terminal on which text can be drawn in place.
  public let isLive: Bool
  /// Columns of a line, at most.
  public let width: Int
  /// The next line that a person types; nil where nobody is there to ask.
  private let readLine: (@Sendable () async -> String?)?
  private let write: @Sendable (_ text: String, _ isMessage: Bool) -> Void

  public init(
    style: Style, isJSON: Bool, isLive: Bool = false, width: Int = TerminalSize.widest,
    readLine: (@Sendable () async -> String?)? = nil,
    write: @escaping @Sendable (String, Bool) -> Void
  ) {
    self.readLine = readLine
    self.style = style
    self.isJSON = isJSON
    self.isLive = isLive
    self.width = width
    self.write = write
  }

  /// Lines for people, or one JSON document for programs.
  func show(_ lines: [String], json: @autoclosure () throws -> JSONValue) rethrows {
    if isJSON {
      write(try json().canonicalText + "\n", false)
    } else {
      write(lines.map { $0 + "\n" }.joined(), false)
    }
  }

  /// The size of the terminal behind standard output or standard error.
  static func size(toError: Bool) -> TerminalSize {
    StandardStreams.terminalSize(toError: toError)
      .map { TerminalSize(columns: $0.columns, rows: $0.rows) } ?? .endless
  }

  /// Whether a person can be asked.
  var canAsk: Bool { readLine != nil && !isJSON }

  /// A person's answer; nil when there is none.
  func ask(_ question: String) async -> String? {
    guard canAsk, let readLine else { return nil }
    message(question)
    return await readLine()
  }

  func data(_ text: String) { write(text, false) }
  func message(_ text: String) { write(text, true) }

  /// The event and its place, then the remedy.
  func complain(_ message: String, remedy: String?) {
    write(Self.lines(message, remedy: remedy, width: width).map { $0 + "\n" }.joined(), true)
  }

  static func lines(_ message: String, remedy: String?, width: Int) -> [String] {
    let indent = String(repeating: " ", count: 8)
    let room = width - indent.count
    let first = TextWrap.lines("sluice: \(message)", width: room)
    let rest = remedy.map { TextWrap.lines($0, width: room) } ?? []
    return first.prefix(1) + (first.dropFirst() + rest).map { indent + $0 }
  }
}
