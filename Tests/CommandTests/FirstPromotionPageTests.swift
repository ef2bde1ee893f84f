import SluiceArguments
import SluiceSystem
import Testing

@testable import SluiceCommands

/// `docs/first-promotion.md` is typed from by people who have never run Sluice.
@Suite("The page of the first promotion")
struct FirstPromotionPageTests {
  private func commands() throws -> [String] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try Files.readText("/\(root)/docs/first-promotion.md")
    let parts = page.split(separator: "```\n", omittingEmptySubsequences: false)
    let blocks = parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
    return blocks.flatMap { $0.split(separator: "\n").map(String.init) }
  }

  /// The words of a line; double quotes group.
  private func words(_ line: String) -> [String] {
    var words: [String] = []
    for (index, part) in line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
    {
      if index % 2 == 1 {
        words.append(String(part))
      } else {
        words += part.split(separator: " ").map(String.init)
      }
    }
    return words
  }

  @Test("every command on it can be typed")
  func parses() throws {
    let commands = try commands().filter { $0.hasPrefix("sluice ") }
    #expect(commands.count > 12)
    for command in commands {
      do {
        let result = try CommandLineProgram.spec.parse(Array(words(command).dropFirst()))
        guard case .command(let parsed) = result else {
          Issue.record("\(command) asks for help")
          continue
        }
        #expect(CommandLineProgram.verbs.contains { $0.spec.name == parsed.path.first })
      } catch { Issue.record("\(command): \(error)") }
    }
  }
}
