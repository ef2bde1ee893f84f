import SluiceArguments
import Testing

@Suite("How wide an example may be")
struct ExampleWidthTests {
  private func problems(width: Int) -> [String] {
    let start = "tool go "
    let example = Example(start + String(repeating: "x", count: width - start.count), "why")
    return ProgramSpec(
      "tool", version: "1", abstract: "Works.",
      commands: [
        CommandSpec(
          "go", abstract: "Go.", arguments: [ArgumentSpec("NAME", help: "which")],
          examples: [example])
      ]
    ).problems()
  }

  @Test("98 columns, and not one more")
  func width() {
    #expect(problems(width: 98) == [])
    #expect(problems(width: 99) == ["tool go: example is wider than 98 columns"])
  }
}
