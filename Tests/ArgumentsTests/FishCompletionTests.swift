import SluiceArguments
import Testing

@Suite("Completion in a real fish", .enabled(if: Scratch.has("fish")))
struct FishCompletionTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    _ = try scratch.write("sluice.fish", Sample.program.completionScript(for: .fish))
  }

  /// The offers of fish for a line that ends at the cursor, without the descriptions.
  private func offered(_ line: String) async throws -> [String] {
    let driver = try scratch.write("driver.fish", "source ./sluice.fish; complete -C \"\(line)\"")
    let (output, status) = try await scratch.run("HOME=\"$PWD\" fish --no-config '\(driver)'")
    #expect(status == 0, "\(output)")
    return output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
  }

  @Test("The script is sound fish")
  func syntax() async throws {
    let (output, status) = try await scratch.run("fish -n sluice.fish")
    #expect(status == 0, "\(output)")
    #expect(output == "")
  }

  @Test("Verbs are offered at every level, hidden ones never")
  func verbs() async throws {
    #expect(try await offered("sluice p") == ["plan", "promote"])
    #expect(try await offered("sluice d") == [])
    #expect(try await Set(offered("sluice tenants ")) == ["list", "verify", "help"])
    #expect(try await Set(offered("sluice --fleet promote ")).contains("promote"))
    #expect(try await offered("sluice help tenants l") == ["list"])
  }

  @Test("Options and their values are offered")
  func options() async throws {
    #expect(try await offered("sluice promote --mo") == ["--mode"])
    #expect(try await offered("sluice promote --mode q") == ["quick"])
    #expect(try await offered("sluice promote --mode=q") == ["--mode=quick"])
    #expect(try await offered("sluice promote --mode ") == ["careful", "quick", "two words"])
    #expect(try await offered("sluice tenants list --reg") == ["--region"])
    #expect(try await offered("sluice plan --mo") == [])
    #expect(try await offered("sluice promote --cha") == [])
  }

  @Test("Arguments are offered by their place, files only where they belong")
  func arguments() async throws {
    _ = try scratch.write("fleet.yaml", "")
    #expect(try await offered("sluice completion f") == ["fish"])
    #expect(try await offered("sluice promote f") == [])
    #expect(try await offered("sluice promote p mac-a mac-") == ["mac-a", "mac-b"])
    #expect(try await offered("sluice promote -t T -y p it") == ["it's odd"])
    #expect(try await offered("sluice --fleet fl") == ["fleet.yaml"])
  }
}
