import SluiceArguments
import Testing

@Suite("Completion in a real fish", .enabled(if: Scratch.has("fish")))
struct FishCompletionTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    _ = try scratch.write("sluice.fish", Sample.program.completionScript(for: .fish))
  }

  /// What fish would offer for a line that ends at the cursor, without the descriptions.
  private func offered(_ line: String) throws -> [String] {
    let driver = try scratch.write("driver.fish", "source ./sluice.fish; complete -C \"\(line)\"")
    let (output, status) = try scratch.run("HOME=\"$PWD\" fish --no-config '\(driver)'")
    #expect(status == 0, "\(output)")
    return output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
  }

  @Test("The script is sound fish")
  func syntax() throws {
    let (output, status) = try scratch.run("fish -n sluice.fish")
    #expect(status == 0, "\(output)")
    #expect(output == "")
  }

  @Test("Verbs are offered at every level, hidden ones never")
  func verbs() throws {
    #expect(try offered("sluice p") == ["plan", "promote"])
    #expect(try offered("sluice d") == [])
    #expect(try Set(offered("sluice tenants ")) == ["list", "verify", "help"])
    #expect(try Set(offered("sluice --fleet promote ")).contains("promote"))
    #expect(try offered("sluice help tenants l") == ["list"])
  }

  @Test("Options and their values are offered")
  func options() throws {
    #expect(try offered("sluice promote --mo") == ["--mode"])
    #expect(try offered("sluice promote --mode q") == ["quick"])
    #expect(try offered("sluice promote --mode=q") == ["--mode=quick"])
    #expect(try offered("sluice promote --mode ") == ["careful", "quick", "two words"])
    #expect(try offered("sluice tenants list --reg") == ["--region"])
    #expect(try offered("sluice plan --mo") == [])
    #expect(try offered("sluice promote --cha") == [])
  }

  @Test("Arguments are offered by their place, files only where they belong")
  func arguments() throws {
    _ = try scratch.write("fleet.yaml", "")
    #expect(try offered("sluice completion f") == ["fish"])
    #expect(try offered("sluice promote f") == [])
    #expect(try offered("sluice promote p mac-a mac-") == ["mac-a", "mac-b"])
    #expect(try offered("sluice promote -t T -y p it") == ["it's odd"])
    #expect(try offered("sluice --fleet fl") == ["fleet.yaml"])
  }
}
