import SluiceText
import Testing

@Suite("Nearest names, durations, printable text")
struct TextTests {
  @Test(
    "The distance counts insertions, deletions, replacements and swaps",
    arguments: [
      ("", "", 0), ("", "abc", 3), ("plan", "plan", 0), ("plna", "plan", 1), ("pln", "plan", 1),
      ("plaan", "plan", 1), ("plon", "plan", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func distance(first: String, second: String, expected: Int) {
    #expect(EditDistance.between(first, second) == expected)
    #expect(EditDistance.between(second, first) == expected)
  }

  @Test("Only a near name is suggested, the nearest of several")
  func nearest() {
    let names = ["plan", "promote", "probe", "rollback", "status"]
    #expect(EditDistance.nearest(to: "promtoe", among: names) == "promote")
    #expect(EditDistance.nearest(to: "prob", among: names) == "probe")
    #expect(EditDistance.nearest(to: "PLAN", among: names) == "plan")
    #expect(EditDistance.nearest(to: "roll", among: names) == "rollback")
    #expect(EditDistance.nearest(to: "xyz", among: names) == nil)
    #expect(EditDistance.nearest(to: "", among: names) == nil)
  }

  @Test(
    "Durations read as written",
    arguments: [
      ("500ms", 500), ("10s", 10_000), ("10m", 600_000), ("1h30m", 5_400_000), ("2d", 172_800_000),
      ("1m500ms", 60_500), ("0s", 0),
    ] as [(String, Int64)])
  func durations(text: String, milliseconds: Int64) {
    #expect(DurationText.milliseconds(text) == milliseconds)
    #expect(DurationText.text(milliseconds: milliseconds) == text)
  }

  @Test(
    "What is not a duration is none",
    arguments: [
      "", "10", "s", "1 s", "-1s", "+1s", "1.5h", "1m1h", "1s1s", "1w", "1H", "١s",
      "99999999999999999999s", "9223372036854775807s", "106751991168d",
    ])
  func notDurations(text: String) {
    #expect(DurationText.milliseconds(text) == nil)
  }

  @Test("Controls, direction marks and line separators are spelled out, letters are not")
  func printable() {
    #expect(PrintableText.escaped("OPS-1\u{1b}[31m\r\n\t\u{7}") == "OPS-1\\x1b[31m\\r\\n\\t\\x07")
    #expect(PrintableText.escaped("a\u{202e}b\u{2028}c\u{9b}") == "a\\u{202e}b\\u{2028}c\\x9b")
    #expect(PrintableText.escaped("Zoë 日本 👩‍👩‍👧 é") == "Zoë 日本 👩‍👩‍👧 é")
    #expect(PrintableText.escaped("abcdef", limit: 3) == "abc…")
  }
}
