import Foundation
import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// The system calls of a program as `strace -y` reports them: a witness that does not depend on Sluice.
struct Strace: Sendable {
  static let names = [
    "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "fallocate", "fchmod",
    "truncate", "openat", "mkdirat", "unlinkat", "fchmodat", "renameat", "renameat2", "linkat",
    "symlinkat", "open", "creat", "mkdir", "rmdir", "unlink", "chmod", "rename", "link", "symlink",
  ]
  /// The last path that they name is the one that they change; of the others it is the first.
  static let changingTheirLast: Set = ["rename", "renameat", "renameat2", "link", "linkat"]

  let output: String

  func command(_ arguments: [String], environment: [String: String]) throws -> ProcessCommand {
    let traced = Self.names.map { "?\($0)" }.joined(separator: ",")
    var options = ["-f", "-y", "-qq", "-s", "4096", "-e", "signal=none", "-o", output]
    options += ["-e", "trace=\(traced)"]
    for (name, value) in environment { options += ["-E", "\(name)=\(value)"] }
    return ProcessCommand(
      try requireTool("strace"), options + ["--"] + arguments,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/",
      deadline: .seconds(120))
  }

  /// The calls of one process and its threads that change something below the directories.
  func calls(below directories: [String], of threads: (Int) -> Bool) throws -> Set<Injector.Call> {
    var found: Set<Injector.Call> = []
    for line in try Files.readText(output, limit: 256 << 20).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard parts.count == 2, let thread = Int(parts[0]), threads(thread),
        let parenthesis = parts[1].firstIndex(of: "(")
      else { continue }
      // A short process number is padded with blanks.
      let name = parts[1][..<parenthesis].filter { $0 != " " }
      guard Self.names.contains(name) else { continue }
      let rest = String(parts[1][parts[1].index(after: parenthesis)...])
      if name.hasPrefix("open"), !rest.contains("O_CREAT"), !rest.contains("O_TRUNC") { continue }
      guard let path = Self.path(name, rest),
        directories.contains(where: { path == $0 || path.hasPrefix($0 + "/") })
      else { continue }
      found.insert(Injector.Call(name: name == "pwrite64" ? "pwrite" : name, path: path))
    }
    return found
  }

  /// `5</a/b>, "c"` is `/a/b/c`, `5</a/b>, 1` is `/a/b`.
  private static func path(_ name: String, _ arguments: String) -> String? {
    var paths: [String] = []
    var directory: String?
    let token = #/(?:AT_FDCWD|\d+)<(?<open>[^>]*)>|"(?<text>[^"]*)"/#
    for match in arguments.matches(of: token) {
      if let open = match.output.open {
        directory = String(open)
      } else if let text = match.output.text {
        paths.append(text.hasPrefix("/") ? String(text) : "\(directory ?? "")/\(text)")
        directory = nil
      }
    }
    switch name {
    case "write", "pwrite64", "writev", "fsync", "fdatasync", "ftruncate", "fallocate", "fchmod":
      let open = arguments.prefixMatch(of: #/\d+<([^>]*)>/#)
      return open.map { String($0.output.1) }
    case "symlink", "symlinkat": return paths.last
    default: return changingTheirLast.contains(name) ? paths.last : paths.first
    }
  }
}

extension Injector.Call {
  /// Without what is another at each run.
  var pattern: Injector.Call {
    Injector.Call(
      name: name,
      path: path.replacing(#/\.[0-9a-f]{16}\.tmp/#, with: ".*.tmp")
        .replacing(#/[0-9a-f]{12,64}/#, with: "*"))
  }
}

@Suite("Which system calls are harmed")
struct WitnessTests {
  @Test(
    "strace sees the controller change the same files by the same calls",
    .enabled("no program can be traced here, or HAProxy or strace is missing") {
      guard hasTool("haproxy"), hasTool("strace") else { return false }
      return try await Injector.isAllowed()
    })
  func controller() async throws {
    try await WriterWorld.with { world in
      // A controller that finds a keeper at work starts none: strace would follow that one, too.
      #expect(try await world.sluice("balancer", "start").succeeded)
      let strace = Strace(output: world.home("strace"))
      var digest = try await world.prepareRevert()
      var outcome = try await Processes.run(
        strace.command(
          world.controller(WriterWorld.starting(digest)), environment: WriterWorld.environment))
      #expect(outcome.termination == .exited(3), "\(outcome.errorText)")
      let witnessed = try strace.calls(below: world.injector.directories) { _ in true }
      digest = try await world.prepareRevert()
      outcome = try await Processes.run(
        world.injector.command(
          nil, world.controller(WriterWorld.starting(digest)),
          environment: WriterWorld.environment))
      #expect(outcome.termination == .exited(3), "\(outcome.errorText)")
      let counted = try world.injector.calls().all
      #expect(Set(counted.map(\.pattern)) == Set(witnessed.map(\.pattern)))
      print("figure: \(counted.count) system calls of a rollback, as strace sees them")
    }
  }
}
