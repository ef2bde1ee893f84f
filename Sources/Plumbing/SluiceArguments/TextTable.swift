/// A table for a terminal: columns two spaces apart, numbers to the right.
///
/// A long cell is broken into more lines and never cut off, because a shortened host name or
/// message would be another one.
public struct TextTable: Sendable {
  private let titles: [String]
  private var rows: [[StyledText]] = []
  private static let gap = 2

  /// Empty titles everywhere make a table without a heading.
  public init(_ titles: [String]) { self.titles = titles }

  /// Adds a row; cells left out stay empty.
  public mutating func add(_ cells: [StyledText]) {
    precondition(cells.count <= titles.count, "more cells than columns")
    let missing = titles.count - cells.count
    rows.append(cells + Array(repeating: "", count: missing))
  }

  public mutating func add(_ cells: [String]) { add(cells.map { StyledText($0) }) }

  /// The lines, none wider than `width` and none with spaces at its end.
  public func lines(width: Int = 100, style: Style = .plain) -> [String] {
    styledLines(width: width).map { $0.rendered(style) }
  }

  /// The same lines with their tones, for a text that they are a part of.
  public func styledLines(width: Int = 100) -> [StyledText] {
    let heading = titles.map { StyledText($0, .strong) }
    let hasHeading = heading.contains { !$0.isEmpty }
    let numeric = titles.indices.map(isNumeric)
    let widths = columnWidths(total: width, heading: heading, numeric: numeric)
    return ((hasHeading ? [heading] : []) + rows).flatMap { row in
      Self.render(row, widths: widths, numeric: numeric)
    }
  }

  /// A column of numbers: every cell that is not empty begins with a digit after an optional sign.
  private func isNumeric(_ column: Int) -> Bool {
    let cells = rows.map { $0[column].plain }.filter { !$0.isEmpty && $0 != "-" && $0 != "–" }
    return !cells.isEmpty && cells.allSatisfy(Self.isNumber)
  }

  /// `12`, `-3`, `+2.5 %`, `1,841`, `412 ms`; not `1.4.2`, nor `2026-11-22`.
  private static func isNumber(_ text: String) -> Bool {
    var rest = Substring(text)
    if let sign = rest.first, "+-−".contains(sign) { rest.removeFirst() }
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
    guard let first = digits.first, first.isNumber, digits.count(where: { $0 == "." }) <= 1 else {
      return false
    }
    let unit = rest.dropFirst(digits.count).drop { $0 == " " }
    return unit.count <= 4 && unit.allSatisfy { $0.isLetter || $0 == "%" || $0 == "/" }
  }

  /// Natural widths, then the widest column gives way until the table fits: first text down to its
  /// longest word, then text down to twelve columns, then text, then numbers down to one.
  private func columnWidths(total: Int, heading: [StyledText], numeric: [Bool]) -> [Int] {
    var widths = titles.indices.map { column in
      rows.reduce(heading[column].width) { max($0, $1[column].width) }
    }
    let available = max(titles.count, total - Self.gap * max(0, titles.count - 1))
    let words = titles.indices.map { column in
      rows.reduce(heading[column].longestPiece) { max($0, $1[column].longestPiece) }
    }
    let narrow = titles.indices.map { _ in 12 }
    let none = titles.indices.map { _ in 1 }
    let stages: [(least: [Int], numbersToo: Bool)] = [
      (zip(words, narrow).map(max), false), (narrow, false), (none, false), (none, true),
    ]
    for stage in stages {
      while widths.reduce(0, +) > available {
        let candidates = widths.indices.filter {
          widths[$0] > stage.least[$0] && (stage.numbersToo || !numeric[$0])
        }
        guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
        widths[widest] -= 1
      }
    }
    return widths
  }

  private static func render(
    _ row: [StyledText], widths: [Int], numeric: [Bool]
  ) -> [StyledText] {
    let cells = row.indices.map { row[$0].wrapped(to: widths[$0]) }
    let height = cells.map(\.count).max() ?? 0
    return (0..<height).map { line in
      var text: StyledText = ""
      var owed = 0
      for column in cells.indices {
        let cell = line < cells[column].count ? cells[column][line] : ""
        let padding = max(0, widths[column] - cell.width)
        if numeric[column] { owed += padding }
        if !cell.isEmpty {
          text = text + StyledText(String(repeating: " ", count: owed)) + cell
          owed = 0
        } else {
          owed += cell.width
        }
        owed += gap + (numeric[column] ? 0 : padding)
      }
      return text
    }
  }
}
