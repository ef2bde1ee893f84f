import SluiceArguments
import Testing

@Suite("Where a line breaks")
struct BreakTests {
  private func lines(_ text: String, _ width: Int) -> [String] {
    StyledText(text).wrapped(to: width).map(\.plain)
  }

  @Test("a path that is too long breaks after a slash, and a word without one anywhere")
  func paths() {
    #expect(
      lines("/var/db/openclaw/skills/current", 20) == ["/var/db/openclaw/", "skills/current"])
    #expect(
      lines("http://127.0.0.1:18789/v1/models", 24) == ["http://127.0.0.1:18789/", "v1/models"])
    #expect(lines("https://a", 8) == ["https://", "a"])
    #expect(lines("abcdefghij", 4) == ["abcd", "efgh", "ij"])
  }

  @Test("a line breaks between two items rather than within the second")
  func items() {
    #expect(
      lines("mac-a  ok   boot 07:43   queue 0/1000", 32) == [
        "mac-a  ok   boot 07:43", "queue 0/1000",
      ])
    #expect(
      lines("plan is good.  Run it:  sluice promote 7f", 32) == [
        "plan is good.  Run it:", "sluice promote 7f",
      ])
    // A whole item at the end of the line stays there.
    #expect(lines("one two   three four   five", 20) == ["one two   three four", "five"])
  }

  @Test("a number keeps its unit on its line")
  func units() {
    #expect(lines("at most 16 min 49 s", 18) == ["at most 16 min", "49 s"])
    #expect(lines("at most 16 min 49 s", 14) == ["at most 16 min", "49 s"])
    #expect(lines("the share is 20 %, and", 17) == ["the share is", "20 %, and"])
    #expect(lines("on 3 sites", 4) == ["on 3", "site", "s"])
    #expect(lines("1234 ms", 5) == ["1234 ", "ms"].map { $0 })
  }

  @Test("a table keeps the words of its columns whole while there is room")
  func tables() {
    var table = TextTable(["", "asked", "answer"])
    table.add(["links", "/tmp/fleet/hosts/mac-a/skills/current, next", "current 1.4.2, next 1.4.2"])
    table.add(["configuration", "config", "valid"])
    #expect(
      table.lines(width: 60) == [
        "               asked                  answer",
        "links          /tmp/fleet/hosts/      current 1.4.2, next",
        "               mac-a/skills/current,  1.4.2",
        "               next",
        "configuration  config                 valid",
      ])
  }
}
