import SluiceCore
import SluicePorts
import SluiceSystem

/// The infra repository on this host, by git.
public struct GitCheckout: InfraCheckout {
  public static let skillsFolder = "skills"

  let directory: String
  /// Reads the repository's configuration: only `GuardedRepository` uses it.
  let plain: Git
  let tagSigners: TagSigners?

  /// - Parameters:
  ///   - directory: absolute.
  ///   - git: the program, absolute.
  ///   - environment: variables for git beside its fixed ones, such as `SSH_AUTH_SOCK` or `HOME`.
  ///   - signers: who must sign a tag; nil: a tag needs no signature.
  public init(
    directory: String, git: String, environment: [String: String] = [:],
    signers: TagSigners? = nil
  ) {
    self.directory = directory
    tagSigners = signers
    plain = Git(program: git, directory: directory, environment: environment)
  }

  /// Runs `use` on the repository without its configuration and its hooks.
  func guarded<Value>(
    _ use: (GuardedRepository) async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    let repository = try await GuardedRepository(plain)
    defer { repository.remove() }
    do throws(PortError) { return try await use(repository) } catch {
      // Git would fetch what such a clone lacks, with the programs that its configuration names.
      guard repository.settings.isPartialClone, error.kind == .failed else { throw error }
      throw PortError(
        .refused, "\(directory) is a partial clone, and what it lacks is needed: \(error.message)",
        remedy: "Fetch it whole:  git -C \(directory) fetch --refetch --no-filter")
    }
  }

  /// The same, for a look with git alone.
  func read<Value>(
    _ use: (Git) async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    try await guarded { repository throws(PortError) in try await use(repository.git) }
  }

  public func state() async throws(PortError) -> HostSurvey.Infra {
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: "\(directory)/.git")
    }
    guard status != nil else {
      return .init(commit: nil, lockDigest: nil, lock: nil, dirty: [])
    }
    let (commit, dirty) = try await read { git throws(PortError) in
      (try await git.object(GitArguments.head), try await dirtyPaths(git))
    }
    let bytes = try lockBytes()
    // A lock that cannot be read is no lock; its digest still says that a file is there.
    let lock = bytes.flatMap { try? LockFile.decode($0, file: lockPath) }
    return .init(
      commit: commit, lockDigest: bytes.map(Digest.init(of:)), lock: lock,
      dirty: Array(dirty.prefix(10)))
  }

  public func fetch(
    tag: String, commit: String?, isKnown: Bool
  ) async throws(PortError) -> Release {
    guard GitArguments.isValidTag(tag) else {
      throw PortError(
        .refused, "\"\(tag.prefix(80))\" cannot be a release's tag",
        remedy: "Letters, digits, and . _ - / + are allowed, such as 2026.9.6-skills1.4.2.")
    }
    try requireCheckout()
    return try await guarded { repository throws(PortError) in
      let isThere = try await repository.git.object(GitArguments.commit(ofTag: tag)) != nil
      if !isThere { try await download(tag, repository) }
      let release = try await read(tag, commit, repository.git)
      guard let signers = tagSigners, !isKnown else { return release }
      do throws(PortError) { _ = try await signer(of: release, signers, repository.git) } catch {
        // Kept, it would stand in the way of the same tag with a signature.
        if !isThere { await drop(tag, repository.git) }
        throw error
      }
      return release
    }
  }

  private func read(
    _ tag: String, _ commit: String?, _ git: Git
  ) async throws(PortError) -> Release {
    guard let named = try await git.object(GitArguments.commit(ofTag: tag)) else {
      throw PortError(
        .refused, "the tag \(tag) in \(directory) names no commit",
        remedy: "A release's tag has to name a commit: tag one and push the tag.")
    }
    if let commit, commit != named {
      throw PortError(
        .refused,
        "the tag \(tag) in \(directory) names \(named.prefix(12)), "
          + "but the release is \(commit.prefix(12))",
        remedy: "Somebody moved the tag. A release's tag never moves: delete it there "
          + "(git tag -d \(tag)), or release under a new one.")
    }
    return try await release(tag: tag, commit: named, git)
  }

  public func fault(of release: Release) async throws(PortError) -> String? {
    try await read { git throws(PortError) in
      guard GitArguments.isCommit(release.commit),
        try await git.object(GitArguments.commit(release.commit)) == release.commit
      else {
        let isShallow = try await git.line(GitArguments.isShallow) == "true"
        return "commit \(release.commit.prefix(12)) of \(release.tag) is gone from \(directory)"
          + (isShallow ? ", which is a shallow clone (git fetch --unshallow --tags)" : "")
      }
      // A release that is known by its commit alone has no tag to look for.
      guard release.tag != release.commit, GitArguments.isValidTag(release.tag) else { return nil }
      let named = try await git.object(GitArguments.commit(ofTag: release.tag))
      if named == release.commit { return nil }
      return named == nil
        ? "the tag \(release.tag) is gone from \(directory)"
        : "the tag \(release.tag) in \(directory) names another commit than it did"
    }
  }

  /// Writes the commit's skill tree to `directory`, and its manifest, where the commit has one, to
  /// `directory.sha256`. Works with an index and a work tree of its own: the checkout's stay as
  /// they are, and attributes are the commit's.
  public func export(_ release: Release, to directory: String) async throws(PortError) {
    try requireCheckout()
    try await guarded { repository throws(PortError) in
      try await export(release, to: directory, repository)
    }
  }

  private func export(
    _ release: Release, to directory: String, _ repository: GuardedRepository
  ) async throws(PortError) {
    try await requireCommit(release, repository.git)
    try await repository.git.require(.pack, of: release.commit, below: Self.skillsFolder)
    let workTree = "\(directory).export"
    try PortError.translating { () throws(SystemError) in
      try Self.removeIfThere(workTree)
      try Self.removeIfThere("\(directory).sha256")
      try Files.makeDirectory("\(workTree)/tree", mode: 0o700)
    }
    do {
      try await fill(workTree, repository, release)
      if let manifest = try await file(LockWriter.manifestName, at: release.commit, repository.git)
      {
        try Files.replace("\(directory).sha256", with: manifest, durable: false)
      }
      try Files.rename("\(workTree)/tree/\(Self.skillsFolder)", to: directory, exclusive: true)
      try Files.removeTree(workTree)
    } catch {
      // Best effort: the next export clears it as well.
      try? Self.removeIfThere(workTree)
      switch error {
      case let error as PortError: throw error
      case let error as SystemError: throw PortError(error)
      default: throw PortError(.failed, "\(error)")
      }
    }
  }

  public func checkOut(_ release: Release) async throws(PortError) {
    try requireCheckout()
    try await read { git throws(PortError) in try await checkOut(release, git) }
  }

  private func checkOut(_ release: Release, _ git: Git) async throws(PortError) {
    try await requireCommit(release, git)
    let dirty = try await dirtyPaths(git)
    guard dirty.isEmpty else {
      throw PortError(
        .refused,
        "\(directory) has changes that no commit holds: \(PackTracking.list(dirty))",
        remedy: "Commit them, or put them aside with git stash -u, and try again.")
    }
    if try await git.object(GitArguments.head) == release.commit { return }
    try await git.require(.checkout, of: release.commit)
    _ = try await git.output(GitArguments.checkOut(release.commit))
    let head = try await git.object(GitArguments.head)
    guard head == release.commit else {
      throw PortError(
        .failed, "\(directory) is at \(head ?? "no commit") after checking out \(release.commit)",
        remedy: "Another program works in that checkout: it has to be Sluice's alone.")
    }
  }
}

extension GitCheckout {
  private var lockPath: String { "\(directory)/\(LockFile.name)" }

  private func lockBytes() throws(PortError) -> [UInt8]? {
    try PortError.translating { () throws(SystemError) in
      try Files.status(of: lockPath) == nil
        ? nil : try Files.read(lockPath, limit: LockFile.maximumBytes)
    }
  }

  func requireCheckout() throws(PortError) {
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: "\(directory)/.git")
    }
    guard status != nil else {
      throw PortError(
        .refused, "\(directory) is no git checkout",
        remedy: "Clone the infra repository there, or name the right path in sluice.yaml.")
    }
  }

  private func dirtyPaths(_ git: Git) async throws(PortError) -> [String] {
    GitArguments.dirtyPaths(try await git.output(GitArguments.status))
  }

  private func requireCommit(_ release: Release, _ git: Git) async throws(PortError) {
    guard GitArguments.isCommit(release.commit),
      try await git.object(GitArguments.commit(release.commit)) == release.commit
    else {
      throw PortError(
        .refused,
        "the commit \(release.commit.prefix(64)) of \(release.tag) is not in \(directory)",
        remedy: "Fetch the tag there first.")
    }
  }

  private func download(_ tag: String, _ repository: GuardedRepository) async throws(PortError) {
    guard let remote = try await remote() else {
      throw PortError(
        .refused, "\(directory) has no tag \(tag), and no remote to fetch it from",
        remedy: "Tag the commit there: git tag -a \(tag).")
    }
    // By its address: under its name git would read what else the configuration says of it.
    let address = try await plain.line(GitArguments.address(of: remote))
    let arguments = GitArguments.fetch(tag: tag, from: address)
    let outcome = try await repository.git.run(arguments, deadline: .seconds(120))
    if outcome.succeeded { return }
    if outcome.errorText.contains("couldn't find remote ref") {
      throw PortError(
        .refused, "neither \(directory) nor its remote \(remote) has the tag \(tag)",
        remedy: "Push it: git push \(remote) \(tag).")
    }
    var failure = repository.git.failure(arguments, outcome)
    failure.kind = .unreachable
    failure.remedy = "Does \"git fetch \(remote)\" work there without a prompt?"
    if !repository.settings.remotePrograms.isEmpty {
      let keys = repository.settings.remotePrograms.joined(separator: ", ")
      failure.remedy =
        "Its configuration names a program (\(keys)), and Sluice runs none that a repository names. "
        + "What ssh needs belongs into ~/.ssh/config of the user that Sluice runs as; or fetch it by "
        + "hand:  git -C \(directory) fetch \(remote) tag \(tag)"
    }
    throw failure
  }

  /// The name of the remote that tags are fetched from.
  func remote() async throws(PortError) -> String? {
    let remotes = try await plain.output(GitArguments.remotes).split(separator: UInt8(ascii: "\n"))
      .map { String(decoding: $0, as: UTF8.self) }
    return remotes.contains("origin") ? "origin" : remotes.first
  }

  func release(tag: String, commit: String, _ git: Git) async throws(PortError) -> Release {
    guard let bytes = try await file(LockFile.name, at: commit, git) else {
      throw PortError(
        .refused, "the commit of \(tag) has no \(LockFile.name)",
        remedy: "Run \"sluice lock\" in the infra repository, commit, and tag that commit.")
    }
    let lock = try LockFile.decode(bytes, file: "\(tag):\(LockFile.name)")
    return Release(tag: tag, commit: commit, lockDigest: Digest(of: bytes), lock: lock)
  }

  /// A small file of a commit; nil when the commit has none of that name.
  private func file(_ path: String, at commit: String, _ git: Git) async throws(PortError)
    -> [UInt8]?
  {
    guard try await git.object(["rev-parse", "--verify", "--quiet", "\(commit):\(path)"]) != nil
    else { return nil }
    return try await git.output(GitArguments.file(path, at: commit))
  }

  private func fill(
    _ workTree: String, _ repository: GuardedRepository, _ release: Release
  ) async throws(PortError) {
    let git = repository.git.working(in: "\(workTree)/tree", index: "\(workTree)/index")
    _ = try await git.output(GitArguments.readTree(release.commit))
    let paths = try await git.output(GitArguments.list(Self.skillsFolder))
    guard !paths.isEmpty else {
      throw PortError(
        .refused, "the commit of \(release.tag) has no folder \(Self.skillsFolder)",
        remedy: "The skill pack lies in \(Self.skillsFolder)/ of the infra repository: add it.")
    }
    _ = try await git.output(GitArguments.checkOutIndex, input: paths)
  }

  private static func removeIfThere(_ path: String) throws(SystemError) {
    if try Files.status(of: path) != nil { try Files.removeTree(path) }
  }
}
