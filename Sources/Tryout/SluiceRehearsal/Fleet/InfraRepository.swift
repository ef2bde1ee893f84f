import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// The writer's infra repository, made from nothing: a commit and a tag for every release.
///
/// Nothing of the user's git counts: identity, configuration and templates are given.
struct InfraRepository: Sendable {
  let directory: String
  let git: String

  static let environment = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Rehearsal", "GIT_AUTHOR_EMAIL": "rehearsal@localhost",
    "GIT_COMMITTER_NAME": "Rehearsal", "GIT_COMMITTER_EMAIL": "rehearsal@localhost",
    "LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
  ]

  init(directory: String) throws(PortError) {
    guard let git = Processes.find("git") else {
      throw PortError(
        .failed, "git is not installed", remedy: "Install what a rehearsal needs:  scripts/setup")
    }
    self.git = git
    self.directory = directory
  }

  func create() async throws(PortError) {
    try Disk.makeDirectory(directory)
    try await run(["init", "--quiet", "--template=", "--initial-branch=main"])
  }

  /// Writes the pack and its lock as `sluice lock` does, commits and tags.
  func release(_ pack: SkillPack, on build: ReleaseLock.OpenClaw) async throws(PortError) {
    try await run(["checkout", "--quiet", "main"], unless: isEmpty)
    for (path, text) in TenantFiles.all { try Disk.write("\(directory)/tenants/\(path)", text) }
    for (path, text) in pack.files { try Disk.write("\(directory)/skills/\(path)", text) }
    let tenants = TenantFragments(root: "\(directory)/tenants").survey().digests
    _ = try LockWriter(checkout: directory).write(
      openclaw: build, tenants: tenants)
    if let skill = pack.alteredAfterLock {
      let path = "skills/\(skill)/SKILL.md"
      try Disk.write("\(directory)/\(path)", (pack.files["\(skill)/SKILL.md"] ?? "") + "- Hurry.\n")
    }
    try await run(["add", "--all"])
    try await run(["commit", "--quiet", "--message", "Release \(pack.version)"])
    try await run(["tag", "--annotate", "--message", "Skills \(pack.version)", pack.tag])
  }

  /// A clone of its own, without the tags that come later.
  func clone(to path: String, at tag: String) async throws(PortError) {
    try await run(["clone", "--quiet", "--no-hardlinks", "--template=", directory, path])
    let clone = InfraRepository(directory: path, git: git)
    try await clone.checkOut(tag)
  }

  func checkOut(_ tag: String) async throws(PortError) {
    try await run(["checkout", "--quiet", "--detach", "refs/tags/\(tag)"])
  }

  private init(directory: String, git: String) {
    self.directory = directory
    self.git = git
  }

  private var isEmpty: Bool { (try? Files.status(of: "\(directory)/\(LockFile.name)")) == nil }

  private func run(_ arguments: [String], unless isNeedless: Bool = false) async throws(PortError) {
    if isNeedless { return }
    let quiet = ["-c", "advice.detachedHead=false", "-c", "core.hooksPath=/dev/null"]
    let command = ProcessCommand(
      git, quiet + arguments, environment: Self.environment, directory: directory)
    let outcome: ProcessOutcome
    do { outcome = try await Processes.run(command) } catch {
      throw PortError(.failed, "git does not run: \(error)")
    }
    guard outcome.succeeded else {
      throw PortError(
        .failed, "git \(arguments[0]) in \(directory): \(outcome.errorText)",
        remedy: "Run the same there by hand to see what git wants.")
    }
  }
}
