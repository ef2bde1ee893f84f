import SluiceSystem
import SluiceTestSupport

/// A folder of one test's own, removed with it, and shells that run in it.
final class Scratch {
  private let home: TemporaryDirectory
  var path: String { home.path }

  init() throws { home = try TemporaryDirectory() }

  /// Writes a file and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    try Files.replace(home(name), with: Array(text.utf8), durable: false)
    return home(name)
  }

  /// Runs a line in this folder with `sh`; output and errors together.
  func run(_ line: String) async throws -> (output: String, status: Int32) {
    let outcome = try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", "{ \(line)\n} 2>&1"],
        environment: HostFacts.environment(["HOME", "PATH", "LANG", "TERM"]), directory: path))
    guard case .exited(let status) = outcome.termination else { return (outcome.outputText, -1) }
    return (outcome.outputText, status)
  }

  /// Whether a program is installed; a missing one is said, since its checks are then left out.
  static func has(_ program: String) -> Bool {
    let found = hasTool(program)
    if !found { print("\(program) is not installed: its checks are skipped") }
    return found
  }
}
