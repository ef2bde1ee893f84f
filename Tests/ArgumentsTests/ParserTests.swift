import Testing

@testable import SluiceArguments

@Suite("Parsing a command line")
struct ParserTests {
  @Test("An option's value is read in every spelling, before and after arguments")
  func spellings() throws {
    let lines = [
      ["promote", "7f3a", "--ticket", "OPS-1"], ["promote", "--ticket=OPS-1", "7f3a"],
      ["promote", "-t", "OPS-1", "7f3a"], ["--json", "promote", "7f3a", "-t", "OPS-1"],
    ]
    for line in lines {
      guard case .command(let parsed) = try Sample.program.parse(line) else {
        Issue.record("no command: \(line)")
        continue
      }
      #expect(parsed.path == ["promote"])
      #expect(parsed.value("ticket") == "OPS-1")
      #expect(parsed.argument("PLAN") == "7f3a")
      #expect(parsed.flag("json") == (line[0] == "--json"))
    }
  }

  @Test("Defaults hold until an option is given, and being given can be told")
  func defaults() throws {
    let silent = try Sample.command("promote", "7f3a", "-t", "X")
    #expect(silent.value("fleet") == "sluice.yaml")
    #expect(!silent.isGiven("fleet"))
    #expect(silent.value("hold") == nil)
    let spoken = try Sample.command("promote", "7f3a", "-t", "X", "--fleet", "other.yaml")
    #expect(spoken.value("fleet") == "other.yaml")
    #expect(spoken.isGiven("fleet"))
  }

  @Test("A repeatable option and a repeatable argument keep all their values in order")
  func repeated() throws {
    let parsed = try Sample.command(
      "promote", "p", "mac-a", "--label", "x", "mac-b", "-t", "T", "--label=y=z")
    #expect(parsed.values("label") == ["x", "y=z"])
    #expect(parsed.arguments("HOST") == ["mac-a", "mac-b"])
    #expect(parsed.arguments("PLAN") == ["p"])
  }

  @Test("Behind -- every word is an argument, also one with dashes")
  func endOfOptions() throws {
    let parsed = try Sample.command("promote", "-t", "T", "--", "-p", "--help", "--")
    #expect(parsed.argument("PLAN") == "-p")
    #expect(parsed.arguments("HOST") == ["--help", "--"])
  }

  @Test("A lone dash is an argument, a negative number a value")
  func dashes() throws {
    let parsed = try Sample.command("promote", "-", "-t", "T", "--steps", "-3")
    #expect(parsed.argument("PLAN") == "-")
    #expect(try parsed.integer("steps") == -3)
  }

  @Test("Options of a verb are understood by the verbs below it")
  func inherited() throws {
    let parsed = try Sample.command("tenants", "--region", "eu", "list")
    #expect(parsed.path == ["tenants", "list"])
    #expect(parsed.value("region") == "eu")
    #expect(try Sample.command("tenants", "list", "--region", "eu").value("region") == "eu")
  }

  @Test("A mistyped option or verb is refused with what it was meant to be")
  func suggestions() throws {
    let option = try #require(Sample.error("promote", "p", "--tikcet", "T"))
    #expect(option.what == "unknown option --tikcet")
    #expect(option.place == "sluice promote")
    #expect(option.remedies == ["Did you mean --ticket?", "See: sluice promote --help"])
    let verb = try #require(Sample.error("pormote"))
    #expect(verb.remedies.first == "Did you mean sluice promote?")
    let elsewhere = try #require(Sample.error("verify"))
    #expect(elsewhere.remedies.first == "Did you mean sluice tenants verify?")
    let nested = try #require(Sample.error("tenants", "lst"))
    #expect(nested.place == "sluice tenants")
    #expect(nested.remedies.first == "Did you mean sluice tenants list?")
    #expect(
      verb.description == """
        sluice: unknown command pormote.
                Did you mean sluice promote?
                See: sluice --help
        """)
  }

  @Test("A hidden verb and a hidden option work, but are never suggested")
  func hidden() throws {
    #expect(try Sample.command("debug").path == ["debug"])
    #expect(try Sample.command("promote", "p", "-t", "T", "--chaos").flag("chaos"))
    #expect(Sample.error("debgu")?.remedies.first?.contains("debug") == false)
    #expect(Sample.error("promote", "p", "--chaoss")?.remedies.count == 1)
  }

  @Test(
    "What cannot be meant is refused and says why",
    arguments: [
      (["promote", "p", "--ticket"], "--ticket needs a value"),
      (["promote", "p", "-t", "--yes"], "-t needs a value, but --yes follows"),
      (["promote", "p", "--ticket", "--"], "--ticket needs a value"),
      (["promote", "p", "--ticket="], "--ticket ID is empty"),
      (["promote", "p", "--ticket", ""], "--ticket ID is empty"),
      (["promote", "", "-t", "T"], "PLAN is empty"),
      (["promote", "p", "-t", "A", "--ticket", "B"], "--ticket is given twice"),
      (["promote", "p", "-y", "--yes", "-t", "A"], "--yes is given twice"),
      (["promote", "p", "--yes=1"], "--yes takes no value, but has 1"),
      (["promote", "p", "-t=X"], "unknown option -t=X"),
      (["promote", "p", "-yt", "X"], "unknown option -yt"),
      (["promote", "p"], "--ticket is missing: why it is done"),
      (["promote", "-t", "T"], "PLAN is missing: the digest that plan printed"),
      (["plan", "a", "b"], "unexpected argument b"),
      (["promote", "p", "-t", "T", "--mode", "quik"], "--mode MODE cannot be quik"),
      (["completion", "tcsh"], "SHELL cannot be tcsh"),
      (["tenants"], "which command?"),
      (["promote", "p", "--version"], "unknown option --version"),
    ])
  func refusals(words: [String], what: String) throws {
    do throws(UsageError) {
      _ = try Sample.program.parse(words)
      Issue.record("accepted: \(words)")
    } catch {
      #expect(error.what == what)
      #expect(error.remedies.last?.hasPrefix("See: sluice") == true)
    }
  }

  @Test("Hostile words are shown with their control characters spelled out")
  func hostileWords() throws {
    let error = try #require(Sample.error("\u{1b}[2Jplan\n"))
    #expect(!error.description.contains("\u{1b}"))
    #expect(error.what == "unknown command \"\\x1b[2Jplan\\n\"")
    let long = try #require(Sample.error(String(repeating: "x", count: 100_000)))
    #expect(long.what.count < 100)
  }

  @Test("Numbers are checked when they are asked for")
  func typedValues() throws {
    let parsed = try Sample.command(
      "promote", "p", "-t", "T", "--steps", "4", "--hold", "1h30m")
    #expect(try parsed.integer("steps", in: 1...9) == 4)
    #expect(throws: UsageError.self) { try parsed.integer("steps", in: 5...9) }
    #expect(throws: UsageError.self) { try parsed.integer("hold") }
    let odd = try Sample.command("promote", "p", "-t", "T", "--hold", "90", "--steps", "+4")
    #expect(throws: UsageError.self) { try odd.integer("steps") }
    #expect(try parsed.integer("label") == nil)
  }

  @Test("Asking for an option that is not declared stops the program")
  func undeclared() async {
    await #expect(processExitsWith: .failure) {
      _ = try Sample.command("plan", "v1").value("tickett")
    }
  }
}
