import SluiceText

/// Text whose parts have tones. What goes in is made safe to show.
public struct StyledText: Sendable, Equatable, ExpressibleByStringLiteral {
  private struct Glyph: Sendable, Equatable {
    var character: Character
    var tone: Tone
    var width: Int
    var isSpace: Bool { character == " " }
  }

  private var glyphs: [Glyph]

  public init(_ text: String, _ tone: Tone = .plain) {
    glyphs = PrintableText.escaped(text).map {
      Glyph(character: $0, tone: tone, width: DisplayWidth.of($0))
    }
  }

  public init(stringLiteral value: String) { self.init(value) }

  private init(glyphs: some Sequence<Glyph>) { self.glyphs = Array(glyphs) }

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

  /// Lines of at most `width` columns, broken at spaces, inside a word only when it is too long.
  public func wrapped(to width: Int) -> [StyledText] {
    var lines: [StyledText] = []
    var line: [Glyph] = []
    var lineWidth = 0
    for glyph in glyphs {
      if line.isEmpty && glyph.isSpace && !lines.isEmpty { continue }
      if lineWidth + glyph.width > width && !line.isEmpty {
        let rest = Self.takeLine(&line, before: glyph)
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
  private static func takeLine(_ line: inout [Glyph], before next: Glyph) -> [Glyph] {
    var rest: [Glyph] = []
    let firstWord = line.firstIndex { !$0.isSpace } ?? line.endIndex
    if !next.isSpace, let space = line.lastIndex(where: \.isSpace), space > firstWord {
      rest = Array(line[(space + 1)...])
      line.removeSubrange(space...)
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
