import SluiceHAProxy
import SluiceSystem
import SluiceTestSupport
import Testing

/// The processes of a world, told by its directory in their arguments: a keeper may not have written a
/// record yet, and a test may have removed the one of HAProxy.
struct Leftovers: Sendable {
  private let files: HAProxyFiles
  private let fleet: String

  init(of world: WriterWorld) {
    files = world.balancer.files
    fleet = world.home("sluice.yaml")
  }

  /// Keepers and controllers.
  func keepers() async throws -> [ProcessIdentity] { try await processes(naming: fleet) }
  func proxies() async throws -> [ProcessIdentity] {
    try await processes(naming: files.configuration)
  }

  /// Ends all of them, and starts nothing: first the operator's mark is written, then the keepers are
  /// ended, which would start another HAProxy, then every HAProxy. Returns when they are gone.
  func end() async throws {
    // A test may have removed the directory.
    if try Files.status(of: files.directory) != nil {
      try Files.replace(files.stopped, with: Array("the world ends\n".utf8), durable: false)
    }
    try await end(naming: fleet)
    try await end(naming: files.configuration)
  }

  private func end(naming word: String) async throws {
    // One that was just being started is met by the next look.
    for _ in 0..<20 {
      let found = try await processes(naming: word)
      if found.isEmpty { return }
      for process in found {
        try? Processes.signal(process, 9)
        #expect(await Processes.waitForExit(process, deadline: .seconds(20)))
      }
    }
    Issue.record("new processes that name \(word) keep coming")
  }

  private func processes(naming word: String) async throws -> [ProcessIdentity] {
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool("ps"), ["-axww", "-o", "pid=,command="], environment: [:], directory: "/"))
    try #require(outcome.succeeded, "ps: \(outcome.errorText)")
    return outcome.outputText.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.dropFirst(2).contains(where: { $0 == word }) else { return nil }
      return fields.first.flatMap { Int32($0) }.flatMap(Processes.identity)
    }
  }
}
