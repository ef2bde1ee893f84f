import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The program for other machines")
struct ReleaseProgramTests {
  private func check(_ program: String) async throws -> ProcessOutcome {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return try await Processes.run(
      ProcessCommand(
        "\(root)/scripts/build-release", ["--check", program],
        environment: HostFacts.environment(["PATH"]), directory: "/", deadline: .seconds(60)))
  }

  @Test("a program that needs a library beside the system's is refused, and the library is named")
  func more() async throws {
    let outcome = try await check("\(products)/sluice")
    #expect(outcome.termination == .exited(1))
    #expect(outcome.errorText.contains("needs libraries that a gateway may not have"))
    #expect(outcome.errorText.contains("libmicrohttpd"), "\(outcome.errorText)")
  }

  @Test("a program that needs only the system's is taken; what is no program is refused")
  func fit() async throws {
    let outcome = try await check("/bin/sh")
    #expect(outcome.succeeded, "\(outcome.errorText)")
    for path in ["/nowhere", "/etc/hosts"] {
      let outcome = try await check(path)
      #expect(outcome.termination == .exited(1), "\(path): \(outcome.outputText)")
    }
  }
}
