import SluiceCore
import SluiceTestSupport
import Testing

extension RemoteFleet {
  /// A command's words on one line, because the terminal's width breaks them anywhere.
  func words(_ arguments: String...) async throws -> String {
    let outcome = try await sluice(arguments)
    return (outcome.outputText + " " + outcome.errorText).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }

  /// Every gateway runs and proves this version.
  func expectInService(_ version: String) async throws {
    for (name, machine) in machines {
      #expect(try await machine.current() == version, "\(name)")
      try await awaitReady(name)
    }
  }
}
