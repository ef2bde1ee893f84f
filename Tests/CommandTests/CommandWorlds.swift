import SluiceCore
import SluiceController
import SluiceAgentClient
import SluiceSystem
import SluiceTestSupport
import Testing

/// Shared parts of the tests of commands: hosts that answer, and an infra repository.
enum CommandWorlds {
  /// Runs the body while the hosts listen at their sockets in the directory.
  static func serving(
    _ hosts: [ScriptedHost], in directory: TemporaryDirectory, _ body: () async throws -> Void
  ) async throws {
    let listeners = try hosts.map {
      try SocketListener.listen(.unix(path: directory("\($0.host).sock")))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (host, listener) in zip(hosts, listeners) {
        let server = AgentServer(node: host, version: host.version)
        group.addTask { await server.serve(listener.connections) }
      }
      defer {
        for listener in listeners { listener.close() }
        group.cancelAll()
      }
      try await body()
    }
  }

  /// As somebody whom no configuration of this machine knows; gives the output.
  @discardableResult
  static func git(_ arguments: [String], in directory: String) async throws -> String {
    let author = ["-c", "user.name=t", "-c", "user.email=t@example.test"]
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool("git"), author + ["-c", "init.defaultBranch=main"] + arguments,
        environment: [
          "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "PATH": "/usr/bin:/bin",
        ], directory: directory))
    try #require(outcome.succeeded, "git \(arguments): \(outcome.errorText)")
    return outcome.outputText
  }
}
