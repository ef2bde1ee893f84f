import SluiceText

/// Text whose parts have tones. Every part is made safe to show.
public struct StyledText: Sendable, Equatable, ExpressibleByStringLiteral {
  private struct Glyph: Sendable, Equatable {
    var character: Character
    var tone: Tone
    var width: Int
    /// A space between a number and its unit: no line ends there.
    var isTied = false
    var isSpace: Bool { character == " " && !isTied }
  }

  private static let units: Set<String> = ["s", "ms", "min", "h", "d", "%", "B", "KB", "MB", "GB"]

  private var glyphs: [Glyph]

  public init(_ text: String, _ tone: Tone = .plain) {
    glyphs = PrintableText.escaped(text).map {
      Glyph(character: $0, tone: tone, width: DisplayWidth.of($0))
    }
  }

  public init(stringLiteral value: String) { self.init(value) }

  private init(glyphs: some Sequence<Glyph>) {
    self.glyphs = glyphs.map { Glyph(character: $0.character, tone: $0.tone, width: $0.width) }
  }

  public static func + (first: StyledText, second: StyledText) -> StyledText {
    StyledText(glyphs: first.glyphs + second.glyphs)
  }

  /// Columns on a terminal.
  public var width: Int { glyphs.reduce(0) { $0 + $1.width } }
  public var isEmpty: Bool { glyphs.isEmpty }
  /// The text without its tones.
  public var plain: String { String(glyphs.map(\.character)) }

  public func rendered(_ style: Style) -> String {
    var result = ""
    var rest = glyphs[...]
    while let tone = rest.first?.tone {
      let run = rest.prefix { $0.tone == tone }
      result += style.paint(String(run.map(\.character)), tone)
      rest = rest.dropFirst(run.count)
    }
    return result
  }

  /// Without its first glyphs that take so many columns, and without the spaces after them.
  public func dropping(_ columns: Int) -> StyledText {
    var left = columns
    let rest = glyphs.drop { glyph in
      defer { left -= glyph.width }
      return left > 0
    }
    return StyledText(glyphs: rest.drop(while: \.isSpace))
  }

  /// Columns of the longest piece that a line should hold whole: a word, or a path from one slash to
  /// the next.
  public var longestPiece: Int {
    var longest = 0
    var piece = 0
    let glyphs = tied
    for (index, glyph) in glyphs.enumerated() {
      piece = glyph.isSpace ? 0 : piece + glyph.width
      longest = max(longest, piece)
      if Self.isBreakable(glyphs, after: index) { piece = 0 }
    }
    return longest
  }

  /// The glyphs, with the spaces between numbers and units tied.
  private var tied: [Glyph] {
    var glyphs = glyphs
    for index in glyphs.indices.dropFirst()
    where glyphs[index].character == " " && glyphs[index - 1].character.isNumber {
      let word = glyphs[(index + 1)...].prefix { $0.character.isLetter || $0.character == "%" }
      glyphs[index].isTied = Self.units.contains(String(word.map(\.character)))
    }
    return glyphs
  }

  /// Between a path's slash and the next name, and not within `//` or before the first name.
  private static func isBreakable(_ glyphs: [Glyph], after index: Int) -> Bool {
    guard index > 0, index + 1 < glyphs.count, glyphs[index].character == "/" else { return false }
    return !glyphs[index - 1].isSpace && !" /".contains(glyphs[index + 1].character)
  }

  /// Lines of at most `width` columns. They break at spaces, and rather where several of them divide
  /// two items. A word that is too long breaks after a slash, and elsewhere only when it has none.
  public func wrapped(to width: Int) -> [StyledText] {
    var lines: [StyledText] = []
    var line: [Glyph] = []
    var lineWidth = 0
    let glyphs = tied
    for (index, glyph) in glyphs.enumerated() {
      if line.isEmpty && glyph.isSpace && !lines.isEmpty { continue }
      if lineWidth + glyph.width > width && !line.isEmpty {
        let rest = Self.takeLine(&line, before: glyphs[index...], width: width)
        lines.append(StyledText(glyphs: line))
        line = rest
        lineWidth = rest.reduce(0) { $0 + $1.width }
        if line.isEmpty && glyph.isSpace { continue }
      }
      line.append(glyph)
      lineWidth += glyph.width
    }
    return lines + [StyledText(glyphs: line)]
  }

  /// Leaves in `line` what fits before a break and returns what goes to the next one.
  private static func takeLine(
    _ line: inout [Glyph], before coming: ArraySlice<Glyph>, width: Int
  ) -> [Glyph] {
    var rest: [Glyph] = []
    let isWord = coming.first?.isSpace == false
    let after = coming.prefix(2)
    let endsItem = !isWord && (line.last?.isSpace == true || after.allSatisfy(\.isSpace))
    let firstWord = line.firstIndex { !$0.isSpace } ?? line.endIndex
    let whole = line + coming.prefix(1)
    let gap = line.indices.dropFirst(width / 2).last {
      $0 > firstWord && line[$0].isSpace && line[$0 - 1].isSpace
    }
    if !endsItem, let gap {
      rest = Array(line[(gap + 1)...])
      line.removeSubrange(gap...)
    } else if isWord, let space = line.lastIndex(where: \.isSpace), space > firstWord {
      rest = Array(line[(space + 1)...])
      line.removeSubrange(space...)
    } else if isWord,
      let slash = line.indices.last(where: { $0 > firstWord && isBreakable(whole, after: $0) })
    {
      rest = Array(line[(slash + 1)...])
      line.removeSubrange((slash + 1)...)
    }
    while let last = line.last, last.isSpace { line.removeLast() }
    return rest
  }
}

/// Plain paragraphs broken into lines.
public enum TextWrap {
  /// Keeps the line breaks of `text`; every line is at most `width` columns.
  public static func lines(_ text: String, width: Int) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      StyledText(String($0)).wrapped(to: max(1, width)).map(\.plain)
    }
  }
}
