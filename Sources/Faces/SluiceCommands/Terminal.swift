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
  private let write: @Sendable (_ text: String, _ isMessage: Bool) -> Void

  public init(
    style: Style, isJSON: Bool, isLive: Bool = false,
    write: @escaping @Sendable (String, Bool) -> Void
  ) {
    self.style = style
    self.isJSON = isJSON
    self.isLive = isLive
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

  func data(_ text: String) { write(text, false) }
  func message(_ text: String) { write(text, true) }
}
