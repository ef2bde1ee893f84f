import SluiceArguments
import Testing

@Suite("Completion in a real bash")
struct BashCompletionTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    _ = try scratch.write("completion.bash", Sample.program.completionScript(for: .bash))
  }

  /// The offers of bash for these words, the last one being typed.
  private func offered(_ words: String...) async throws -> [String] {
    let quoted = words.map { "'\($0)'" }.joined(separator: " ")
    let driver = """
      set -eu -o pipefail
      complete() { registered="$*"; }
      . ./completion.bash
      [ "$registered" = '-F _sluice sluice' ]
      set +e
      COMP_WORDS=(sluice \(quoted))
      COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
      _sluice
      for word in ${COMPREPLY[@]+"${COMPREPLY[@]}"}; do printf '%s\\n' "$word"; done
      """
    let file = try scratch.write("driver.bash", driver)
    let (output, status) = try await scratch.run("bash --norc '\(file)'")
    #expect(status == 0, "\(output)")
    return output.split(separator: "\n").map(String.init)
  }

  @Test("Verbs are offered by their beginning, hidden ones never")
  func verbs() async throws {
    #expect(try await offered("") == ["plan", "promote", "tenants", "completion", "help"])
    #expect(try await offered("p") == ["plan", "promote"])
    #expect(try await offered("d") == [])
    #expect(try await offered("--json", "--fleet", "promote", "pr") == ["promote"])
    #expect(try await offered("tenants", "") == ["list", "verify", "help"])
    #expect(try await offered("help", "tenants", "l") == ["list"])
    #expect(try await offered("help", "promote", "") == [])
    #expect(try await offered("help", "-") == [])
  }

  @Test("Options are those of the verb, of the verbs above it, and the global ones")
  func options() async throws {
    #expect(
      try await offered("promote", "--") == [
        "--ticket", "--mode", "--label", "--hold", "--steps", "--state", "--yes", "--fleet",
        "--json", "--help",
      ])
    #expect(try await offered("tenants", "list", "--re") == ["--region"])
    #expect(try await offered("--ve") == ["--version"])
    #expect(try await offered("promote", "--ve") == [])
    #expect(try await offered("promote", "p", "--", "--") == [])
    #expect(try await offered("plan", "v1", "").contains("--fleet"))
  }

  @Test("A value is offered after its option in every spelling")
  func values() async throws {
    #expect(try await offered("promote", "--mode", "") == ["careful", "quick", "two\\ words"])
    #expect(try await offered("promote", "--mode", "q") == ["quick"])
    // As readline hands over --mode=q: three words.
    #expect(try await offered("promote", "--mode", "=", "q") == ["quick"])
    #expect(try await offered("promote", "--mode", "=") == ["careful", "quick", "two\\ words"])
    // And where "=" is no word break.
    #expect(try await offered("promote", "--mode=q") == ["--mode=quick"])
    #expect(try await offered("promote", "--ticket", "") == [])
  }

  @Test("Arguments are offered by their place, repeatable ones again and again")
  func arguments() async throws {
    #expect(try await offered("completion", "") == ["bash", "zsh", "fish"])
    #expect(try await offered("completion", "bash", "f") == [])
    #expect(try await offered("promote", "-t", "T", "p", "mac-") == ["mac-a", "mac-b"])
    #expect(
      try await offered("promote", "p", "mac-a", "--mode=quick", "mac-b", "mac-") == [
        "mac-a", "mac-b",
      ])
    #expect(try await offered("promote", "--mode", "=", "quick", "p", "it") == ["it\\'s\\ odd"])
    #expect(try await offered("promote", "p", "--", "mac-a", "mac-b") == ["mac-b"])
  }

  @Test("Files and folders come from the disk, names with spaces whole")
  func files() async throws {
    _ = try scratch.write("fleet one.yaml", "")
    _ = try await scratch.run("mkdir folder")
    #expect(try await offered("--fleet", "fl") == ["fleet one.yaml"])
    #expect(try await offered("--fleet", "=", "fl") == ["fleet one.yaml"])
    #expect(try await offered("-f", "fo") == ["folder"])
    #expect(try await offered("promote", "--state", "f") == ["folder"])
    #expect(try await offered("tenants", "verify", "f") == ["folder"])
  }

  @Test("Nothing typed is ever run or expanded")
  func hostileWords() async throws {
    #expect(try await offered("promote", "--mode", "$(touch hacked)") == [])
    #expect(try await offered("*") == [])
    #expect(try await offered("promote", "`touch hacked`", "m") == ["mac-a", "mac-b"])
    #expect(try await scratch.run("ls hacked").status != 0)
  }
}
