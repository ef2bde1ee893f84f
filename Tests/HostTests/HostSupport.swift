import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// A skill pack in a directory, and what it is locked as.
struct Pack {
  static let plain = [
    "alpha/SKILL.md": "---\nname: alpha\ndescription: first\n---\n",
    "alpha/tool.sh": "#!/bin/sh\necho alpha\n",
    "alpha-beta/SKILL.md": "---\nname: alpha-beta\ndescription: second\n---\n",
    "VERSION": "1.4.2\n",
  ]

  /// Another text of its first skill.
  static let newer = "---\nname: alpha\ndescription: newer\n---\n"

  static func write(_ files: [String: String], to root: String) throws {
    for (path, text) in files {
      let parts = path.pathParts.dropLast()
      try Files.makeDirectory(([root] + parts.map(String.init)).joined(separator: "/"))
      let mode: UInt32 = path.hasSuffix(".sh") ? 0o755 : 0o644
      try Files.replace("\(root)/\(path)", with: Array(text.utf8), mode: mode, durable: false)
    }
  }

  /// The digest by the words of the design, without the code under test.
  static func digest(_ files: [String: String]) -> Digest {
    let lines = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { path in
      "\(Digest(of: Array(files[path, default: ""].utf8)).text.dropFirst(7))  \(path)\n"
    }
    return Digest(of: Array(lines.joined().utf8))
  }
}

/// The error that a port throws; records an issue when none comes.
func portError(
  _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async -> PortError {
  do {
    try await body()
    Issue.record("no error was thrown", sourceLocation: sourceLocation)
  } catch let error as PortError { return error } catch {
    Issue.record("another error: \(error)", sourceLocation: sourceLocation)
  }
  return PortError(.failed, "")
}

/// Real programs for tests.
enum Program {
  static func path(_ name: String) throws -> String {
    try #require(Processes.find(name), "\(name) is needed by this test")
  }

  @discardableResult
  static func git(_ arguments: [String], in directory: String) async throws -> String {
    let environment = [
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "t",
      "GIT_AUTHOR_EMAIL": "t@example.test", "GIT_COMMITTER_NAME": "t",
      "GIT_COMMITTER_EMAIL": "t@example.test", "PATH": "/usr/bin:/bin",
    ]
    let outcome = try await Processes.run(
      ProcessCommand(
        try path("git"), ["-c", "init.defaultBranch=main"] + arguments, environment: environment,
        directory: directory))
    try #require(outcome.succeeded, "git \(arguments): \(outcome.errorText)")
    return outcome.outputText.split(separator: "\n").first.map(String.init) ?? ""
  }
}

/// Real time for the service managers.
struct WallTime: Time {
  func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(), boot: "")
  }
  func sleep(for duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }
}

/// Waits take no time.
struct InstantTime: Time {
  func now() -> Moment { WallTime().now() }
  func sleep(for duration: Duration) async throws(CancellationError) {}
}
