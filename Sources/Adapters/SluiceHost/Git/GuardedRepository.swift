import SluicePorts
import SluiceSystem

/// A repository as git sees it when Sluice runs git: its objects, refs and index, without its
/// configuration and its hooks.
///
/// `GIT_COMMON_DIR` names a temporary directory of Sluice. The directory holds a configuration that
/// Sluice wrote, no hooks, and links to the repository's objects and refs. `HEAD` and the index
/// stay the repository's, with their locks, so that other git processes see and respect each
/// change.
struct GuardedRepository: Sendable {
  let git: Git
  let settings: GitSettings
  private let directory: String

  private static let linked = [
    "objects", "refs", "packed-refs", "reftable", "info", "shallow", "logs",
  ]

  /// - Parameter plain: runs in the checkout, with the repository's configuration in force: it may be
  ///   asked nothing but where things are and what they are called.
  init(_ plain: Git) async throws(PortError) {
    let lines = String(
      decoding: try await plain.output(GitArguments.places), as: UTF8.self
    ).split(separator: "\n").map(String.init)
    guard lines.count == 3, lines[0].hasPrefix("/"), lines[1].hasPrefix("/"),
      ["sha1", "sha256"].contains(lines[2])
    else {
      throw PortError(
        .failed, "git does not say where \(plain.directory) keeps its repository",
        remedy: "Sluice needs git 2.31 or newer: \(plain.program) --version")
    }
    settings = GitSettings(
      listed: try await plain.output(GitArguments.settings), objectFormat: lines[2])
    directory = try Self.make(settings, common: lines[1])
    let own = [
      "GIT_DIR": lines[0], "GIT_COMMON_DIR": directory, "GIT_WORK_TREE": plain.directory,
    ]
    git = Git(
      program: plain.program, directory: plain.directory,
      environment: plain.environment.merging(settings.environment) { _, own in own }
        .merging(own) { _, own in own })
  }

  func remove() { try? Files.removeTree(directory) }

  private static func make(_ settings: GitSettings, common: String) throws(PortError) -> String {
    let root = HostFacts.environment(["TMPDIR"])["TMPDIR"] ?? "/tmp"
    let path = "\(root)/sluice-git-\(Randomness.hexadecimal(bytes: 16))"
    try PortError.translating(remedy: "Git needs a directory of its own there for a moment.") {
      () throws(SystemError) in
      guard try Files.claimDirectory(path, mode: 0o700) else {
        throw SystemError("mkdir", code: 17, path: path)
      }
      do throws(SystemError) {
        try Files.replace(
          "\(path)/config", with: Array(settings.file.utf8), mode: 0o600, durable: false)
        for name in linked where try Files.status(of: "\(common)/\(name)") != nil {
          try Files.makeLink("\(path)/\(name)", to: "\(common)/\(name)")
        }
      } catch {
        try? Files.removeTree(path)
        throw error
      }
    }
    return path
  }
}
