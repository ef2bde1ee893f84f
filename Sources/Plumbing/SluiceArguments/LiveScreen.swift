/// A terminal's columns and rows.
public struct TerminalSize: Sendable, Hashable {
  public var columns: Int
  public var rows: Int

  /// The assumed size of an output that is no terminal.
  public static let endless = TerminalSize(columns: widest, rows: .max)
  /// Longer lines are hard to read on any terminal.
  public static let widest = 100

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  /// How wide text is set on it.
  public var textWidth: Int { min(Self.widest, max(40, columns)) }
}

/// Lines that are drawn in place of the ones before.
public struct LiveScreen: Sendable, Hashable {
  public private(set) var lines: [String] = []

  public init() {}

  /// The text that turns the screen from the earlier lines to these; empty when nothing changed.
  ///
  /// - Parameter rows: of the terminal. Lines beyond them are left out, because a line that
  ///   scrolled away cannot be overwritten.
  public mutating func draw(_ wanted: [String], rows: Int = .max) -> String {
    let next = Self.fitted(wanted, to: max(2, rows - 1))
    guard next != lines else { return "" }
    defer { lines = next }
    // Wrapping is off meanwhile: a line takes one row, however narrow the terminal is.
    return Self.wrapOff + back + next.map { "\u{1b}[2K\($0)\n" }.joined() + "\u{1b}[J"
      + Self.wrapOn
  }

  public mutating func clear() -> String {
    defer { lines = [] }
    return back + "\u{1b}[J"
  }

  private static let wrapOff = "\u{1b}[?7l"
  private static let wrapOn = "\u{1b}[?7h"

  private static func fitted(_ lines: [String], to rows: Int) -> [String] {
    guard lines.count > rows else { return lines }
    return lines.prefix(rows - 1) + ["… \(lines.count - rows + 1) more lines"]
  }

  private var back: String { lines.isEmpty ? "" : "\u{1b}[\(lines.count)F" }
}
