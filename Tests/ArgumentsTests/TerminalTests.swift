import SluiceArguments
import Testing

@Suite("Tables, trees, colour and width")
struct TerminalTests {
  @Test("A table aligns text to the left and numbers to the right, also wide text")
  func table() {
    var table = TextTable(["host", "sessions", "share"])
    table.add(["mac-a", "9", "5 %"])
    table.add(["東京", "1,204", "95 %"])
    table.add(["mac-c", "", "-"])
    #expect(
      table.lines() == [
        "host   sessions  share",
        "mac-a         9    5 %",
        "東京      1,204   95 %",
        "mac-c                -",
      ])
  }

  @Test("Versions and dates are text, not numbers")
  func notNumbers() {
    var table = TextTable(["release", "day"])
    table.add(["1.4.2", "2026-11-22"])
    table.add(["1.4.10", "2026-1-2"])
    #expect(table.lines() == ["release  day", "1.4.2    2026-11-22", "1.4.10   2026-1-2"])
  }

  @Test("A table without titles has no heading")
  func noHeading() {
    var table = TextTable(["", ""])
    table.add(["a", "b"])
    #expect(table.lines() == ["a  b"])
  }

  @Test("What is too wide goes on below, and nothing is lost", arguments: [20, 40, 100])
  func narrowTable(width: Int) {
    let words = (1...60).map { "word\($0)" }
    var table = TextTable(["host", "n", "reason"])
    table.add(["mac-a.example.internal", "12345", words.joined(separator: " ")])
    let lines = table.lines(width: width)
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= width && $0.last != " " })
    let letters = lines.joined().filter { $0 != " " }
    for text in ["12345"] { #expect(letters.contains(text)) }
    #expect(letters.filter { $0 == "w" }.count == 60)
  }

  @Test("A tree draws its branches, and long labels stay beside them")
  func tree() {
    let tree = TextTree(
      "v1.4.1 → v1.4.2",
      [
        TextTree("traffic", [TextTree("one two three four five")]),
        TextTree("hosts", [TextTree("mac-a"), TextTree("mac-b")]),
      ])
    #expect(
      tree.lines(width: 18) == [
        "v1.4.1 → v1.4.2", "├─ traffic", "│  └─ one two", "│     three four", "│     five",
        "└─ hosts", "   ├─ mac-a", "   └─ mac-b",
      ])
  }

  @Test("Text breaks at spaces, keeps its indentation, and cuts only words that are too long")
  func wrapping() {
    #expect(TextWrap.lines("  aa bb cc", width: 7) == ["  aa bb", "cc"])
    #expect(TextWrap.lines("abcdefgh ij", width: 3) == ["abc", "def", "gh", "ij"])
    #expect(TextWrap.lines("a\n\nb", width: 10) == ["a", "", "b"])
    #expect(TextWrap.lines("日本語", width: 4) == ["日本", "語"])
    #expect(TextWrap.lines("", width: 4) == [""])
    #expect(TextWrap.lines("aaa    bbb", width: 5) == ["aaa", "bbb"])
  }

  @Test("Text is as wide as its terminal, from 40 columns to 100")
  func textWidth() {
    for (columns, width) in [(0, 40), (39, 40), (40, 40), (41, 41), (100, 100), (101, 100)] {
      #expect(TerminalSize(columns: columns, rows: 24).textWidth == width, "\(columns)")
    }
    #expect(TerminalSize.endless.textWidth == 100)
  }

  @Test("Colour only on a terminal that wants it")
  func colourDecision() {
    #expect(Style(isTerminal: true, environment: [:]).isColoured)
    #expect(Style(isTerminal: true, environment: ["NO_COLOR": ""]).isColoured)
    #expect(!Style(isTerminal: true, environment: ["NO_COLOR": "1"]).isColoured)
    #expect(!Style(isTerminal: true, environment: ["TERM": "dumb"]).isColoured)
    #expect(!Style(isTerminal: false, environment: [:]).isColoured)
  }

  @Test("Foreign escape sequences never reach the terminal, coloured or not")
  func foreignText() {
    let ticket = "OPS\u{1b}]0;owned\u{7}"
    var table = TextTable([""])
    table.add([ticket])
    let texts =
      [Style.plain.paint(ticket, .bad), StyledText(ticket, .good).rendered(.plain)]
      + table.lines() + TextTree(StyledText(ticket)).lines()
    for text in texts { #expect(!text.contains("\u{1b}") && text.contains("OPS\\x1b]0;owned")) }
    let painted = Style(isColoured: true).paint(ticket, .good)
    #expect(painted == "\u{1b}[32mOPS\\x1b]0;owned\\x07\u{1b}[0m")
  }

  @Test("Tones survive wrapping and take no width")
  func tones() {
    let text = StyledText("pass", .good) + StyledText(" errors 0.3 %", .faint)
    #expect(text.width == 17)
    #expect(
      text.wrapped(to: 11).map { $0.rendered(Style(isColoured: true)) } == [
        "\u{1b}[32mpass\u{1b}[0m\u{1b}[2m errors\u{1b}[0m", "\u{1b}[2m0.3 %\u{1b}[0m",
      ])
  }

  @Test(
    "Width counts columns",
    arguments: [
      ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("한글", 4), ("→├─", 3), ("👍🏽", 2),
      ("👩‍👩‍👧", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1), ("\u{301}", 0), ("ﬁ", 1), ("Ａ", 2),
    ])
  func widths(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }
}
