import SluiceCore
import SluiceSystem

/// The Node that starts a program, found as the system finds it: by the program's first line.
struct NodeProgram: Sendable {
  private static let deadline: Duration = .seconds(5)

  /// Nil where the program is started by something else, or says nothing of it.
  static func path(of program: String, environment: [String: String]) -> String? {
    if name(program) == "node" { return program }
    guard let bytes = try? Files.read(program, limit: 1 << 20, followingLink: true),
      bytes.starts(with: Array("#!".utf8))
    else { return nil }
    let line = String(
      decoding: bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    let words = line.split(separator: " ").map(String.init)
    guard let first = words.first else { return nil }
    if name(first) == "node" { return first }
    guard name(first) == "env",
      words.dropFirst().first(where: { !$0.hasPrefix("-") && !$0.contains("=") }) == "node"
    else { return nil }
    // Without a PATH of its own a service gets the system's.
    let folders = environment["PATH"] ?? "/usr/bin:/bin:/usr/sbin:/sbin"
    return folders.split(separator: ":").map { "\($0)/node" }
      .first { ((try? Files.status(of: $0)) ?? nil) != nil }
  }

  static func version(
    of program: String, environment: [String: String]
  ) async -> String? {
    guard let node = path(of: program, environment: environment),
      let outcome = try? await Processes.run(
        ProcessCommand(node, ["--version"], environment: environment, deadline: deadline)),
      outcome.succeeded
    else { return nil }
    let text = String(outcome.outputText.prefix { !$0.isWhitespace })
    return SemanticVersion(programVersion: text) == nil ? nil : text
  }

  private static func name(_ path: String) -> Substring? { path.pathParts.last }
}

extension OpenClawGateway {
  /// The version that the process tells, else the one that its program finds; it stays the same
  /// while the process runs.
  func node(said: String?, bootID: String) async -> String? {
    if let said { return String(said.prefix(SemanticVersion.maximumBytes)) }
    if let known = foundNode.withLock({ $0 }), known.bootID == bootID { return known.version }
    let program: String
    if case .process(let path, _, _, _) = spec.service {
      program = path
    } else {
      program = spec.cli
    }
    let version = await NodeProgram.version(of: program, environment: spec.environment)
    foundNode.withLock { $0 = FoundNode(bootID: bootID, version: version) }
    return version
  }
}

/// Which Node a boot's program finds.
struct FoundNode: Sendable {
  let bootID: String
  let version: String?
}
