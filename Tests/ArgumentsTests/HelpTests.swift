import SluiceArguments
import Testing

@Suite("Help")
struct HelpTests {
  private func help(_ words: String...) throws -> String? {
    guard case .help(let text) = try Sample.program.parse(words) else { return nil }
    return text
  }

  @Test("Every way to ask for a verb's help gives the same text")
  func waysToAsk() throws {
    let expected = try Sample.program.help(for: ["promote"])
    #expect(try help("promote", "--help") == expected)
    #expect(try help("promote", "-h") == expected)
    #expect(try help("--help", "promote") == expected)
    #expect(try help("help", "promote") == expected)
    #expect(try help("--fleet", "promote", "promote", "-h") == expected)
    #expect(try help("tenants", "help", "list") == Sample.program.help(for: ["tenants", "list"]))
    #expect(try help("help", "tenants", "list") == Sample.program.help(for: ["tenants", "list"]))
    #expect(try help("tenants", "--help") == Sample.program.help(for: ["tenants"]))
    #expect(try help() == Sample.program.help())
    #expect(try help("help") == Sample.program.help())
  }

  @Test("Help wins over whatever else is wrong on the line, but not over an unknown verb")
  func helpWins() throws {
    let expected = try Sample.program.help(for: ["promote"])
    #expect(try help("promote", "--nonsense", "--ticket", "--help") == expected)
    #expect(try help("promote", "a", "-t", "T", "-t", "T", "-h") == expected)
    #expect(Sample.error("pormote", "--help")?.remedies.first == "Did you mean sluice promote?")
    #expect(Sample.error("help", "pormote")?.remedies.first == "Did you mean sluice promote?")
  }

  @Test("A verb's help: what it does, usage, arguments, options, examples, exit codes, in order")
  func order() throws {
    let text = try Sample.program.help(for: ["promote"])
    #expect(text.hasPrefix("Run a plan that was read.\n\nUsage: sluice promote --ticket ID [opt"))
    let headings = [
      "Run a plan", "Usage:", "Widens step", "Arguments:", "Options:", "Global options:",
      "Examples:", "Exit codes:",
    ]
    let places = headings.compactMap { text.firstRange(of: $0)?.lowerBound }
    #expect(places.count == headings.count)
    #expect(places == places.sorted())
    #expect(text.contains("  -t, --ticket ID   why it is done (required)"))
    #expect(text.contains("(careful, quick, two words; default: careful)"))
    #expect(!text.contains("chaos"))
  }

  @Test("The program's help groups its verbs and hides the hidden")
  func groups() throws {
    let text = try Sample.program.help()
    let places = ["Promotion:", "  plan ", "  promote ", "Fleet:", "  tenants ", "Commands:"]
      .compactMap { text.firstRange(of: $0)?.lowerBound }
    #expect(places.count == 6)
    #expect(places == places.sorted())
    #expect(!text.contains("debug"))
    #expect(text.contains("--version"))
  }

  @Test("No line is wider than asked for, nor than 100 columns", arguments: [44, 72, 100, 500])
  func width(columns: Int) throws {
    for path in [[], ["promote"], ["tenants", "verify"]] {
      let text = try Sample.program.help(for: path, width: columns)
      for line in text.split(separator: "\n") {
        #expect(DisplayWidth.of(String(line)) <= min(columns, 100), "\(line)")
        #expect(line.last != " ")
      }
    }
  }

  @Test("Colour changes nothing but the colour")
  func colour() throws {
    let plain = try Sample.program.help(for: ["promote"])
    let coloured = try Sample.program.help(for: ["promote"], style: Style(isColoured: true))
    #expect(!plain.contains("\u{1b}"))
    #expect(coloured.contains("\u{1b}[1mUsage:\u{1b}[0m"))
    #expect(coloured.replacing(/\u{1b}\[[0-9;]*m/, with: "") == plain)
  }

  @Test("--version says name and version, wherever global options stand")
  func version() throws {
    for words in [["--version"], ["--json", "--version"], ["--fleet", "x", "--version"]] {
      guard case .version(let text) = try Sample.program.parse(words) else {
        Issue.record("no version: \(words)")
        continue
      }
      #expect(text == "sluice 1.4.2")
    }
  }
}
