import SluiceArguments
import Testing

@Suite("Declarations that cannot be meant")
struct SpecificationCheckTests {
  private func problems(_ command: CommandSpec) -> [String] {
    ProgramSpec("tool", version: "1", abstract: "Works.", commands: [command]).problems()
  }

  @Test("A sound program has none")
  func sound() {
    #expect(Sample.program.problems() == [])
  }

  @Test("Options that contradict themselves or each other are found")
  func options() {
    func with(_ options: OptionSpec...) -> [String] {
      problems(CommandSpec("go", abstract: "Go.", options: options))
    }
    #expect(with(OptionSpec("help", help: "x")) == ["tool go: --help is there twice"])
    #expect(with(OptionSpec("a", short: "h", help: "x")) == ["tool go: -h is there twice"])
    #expect(with(OptionSpec("Bad_Name", help: "x")) == ["tool go: --Bad_Name is not a name"])
    #expect(with(OptionSpec("a", help: "x", isRequired: true)).count == 1)
    #expect(
      with(OptionSpec("a", valueName: "A", help: "x", defaultValue: "1", isRequired: true))
        == ["tool go: --a is required and has a default"])
    #expect(
      with(OptionSpec("a", valueName: "A", help: "x", defaultValue: "1", choices: ["2"]))
        == ["tool go: --a has a default that is not a choice"])
  }

  @Test("Arguments whose order cannot be told apart are found")
  func arguments() {
    let arguments = [
      ArgumentSpec("A", help: "a", isRequired: false), ArgumentSpec("B", help: "b"),
      ArgumentSpec("C", help: "c", isRepeatable: true), ArgumentSpec("D", help: "d"),
    ]
    let found = problems(CommandSpec("go", abstract: "Go.", arguments: arguments))
    #expect(found.contains("tool go: B is required after one that is not"))
    #expect(found.contains("tool go: C takes all words, but is not the last argument"))
    let both = CommandSpec(
      "go", abstract: "Go.", arguments: [ArgumentSpec("A", help: "a")],
      subcommands: [CommandSpec("help", abstract: "Me.")])
    #expect(problems(both).contains("tool go: has both arguments and subcommands"))
    #expect(problems(both).contains("tool go: help cannot name a command"))
  }

  @Test("An example that does not parse is found, one with a pipe is read up to it")
  func examples() {
    func with(_ line: String) -> [String] {
      problems(
        CommandSpec(
          "go", abstract: "Go.", arguments: [ArgumentSpec("A", help: "a")],
          examples: [Example(line, "x")]))
    }
    #expect(with("tool go 'two words' | sort --unknown") == [])
    #expect(with("tool go one two").first?.contains("unexpected argument two") == true)
    #expect(with("other go one") == ["tool go: example is not of tool"])
  }
}
