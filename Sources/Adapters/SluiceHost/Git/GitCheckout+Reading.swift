import SluiceCore
import SluicePorts
import SluiceSystem

/// The writer's reads of its own checkout for a plan. No function here changes anything.
extension GitCheckout {
  /// The release whose tag names a commit; nil when no tag with a lock does. Of several tags the
  /// last in their order.
  public func release(at commit: String) async throws(PortError) -> Release? {
    guard GitArguments.isCommit(commit) else { return nil }
    return try await read { git throws(PortError) in
      guard try await git.object(GitArguments.commit(commit)) == commit else { return nil }
      let tags = String(
        decoding: try await git.output(GitArguments.tags(of: commit)), as: UTF8.self)
      for tag in tags.split(separator: "\n").sorted().reversed() {
        do throws(PortError) {
          return try await release(tag: String(tag), commit: commit, git)
        } catch {
          guard error.kind == .refused else { throw error }
        }
      }
      return nil
    }
  }

  public func look(atTag tag: String) async throws(PortError) -> TagLook {
    try requireCheckout()
    let remote = try await remote()
    return try await read { git throws(PortError) -> TagLook in
      let commit =
        GitArguments.isValidTag(tag) ? try await git.object(GitArguments.commit(ofTag: tag)) : nil
      return TagLook(
        commit: commit, remote: remote, signature: await signature(of: tag, commit, git))
    }
  }

  /// The reason why Sluice cannot derive a release from the gateways' commit, and the remedy.
  public func reasonOfNoRelease(at commit: String) async throws(PortError) -> String {
    let short = commit.prefix(12)
    return try await read { git throws(PortError) in
      let isHere =
        GitArguments.isCommit(commit)
        ? try await git.object(GitArguments.commit(commit)) == commit : false
      if try await git.line(GitArguments.isShallow) == "true" {
        let what =
          isHere
          ? "no tag with a lock that it has names commit \(short)" : "it lacks commit \(short)"
        return
          "the writer's checkout \(directory) is a shallow clone, and \(what), which the gateways "
          + "are on. Fetch the rest:  git -C \(directory) fetch --unshallow --tags"
      }
      guard isHere else {
        return
          "the writer's checkout \(directory) lacks commit \(short), which the gateways are on. "
          + "Fetch it:  git -C \(directory) fetch --tags"
      }
      return
        "no tag with a lock names commit \(short), which the gateways are on. Fetch the tags, or "
        + "tag it, in \(directory)."
    }
  }

  /// Hashes a release's skill tree as its commit holds it, in a scratch directory that is removed
  /// again, and says how it differs from its lock.
  public func inspect(_ release: Release, scratch: String) async throws(PortError)
    -> PackInspection
  {
    try PortError.translating { () throws(SystemError) in
      if try Files.status(of: scratch) != nil { try Files.removeTree(scratch) }
      try Files.makePrivateDirectory(scratch)
    }
    defer { try? Files.removeTree(scratch) }
    let directory = "\(scratch)/skills"
    try await export(release, to: directory)
    let tree = try SkillTree.read(directory)
    // In the words of the repository: the scratch directory is gone when they are read.
    var unfit: String?
    do throws(PortError) {
      _ = try SkillTree.read(directory, bounds: PackBounds())
      try tree.requirePromotable(openclaw: release.lock.openclaw.version)
    } catch {
      let place = "\(release.tag):\(Self.skillsFolder)"
      unfit =
        error.message.replacing(directory, with: place) + (error.remedy.map { ". \($0)" } ?? "")
    }
    let written = try? Files.read("\(directory).sha256", limit: 64 << 20)
    let locked = written.flatMap { SkillManifest($0, hashingTo: release.lock.skills.tree) }
    var bytes: Int64 = 0
    try PortError.translating { () throws(SystemError) in
      try Files.walk(directory) { _, status in bytes += PackInspection.room(for: status.size) }
    }
    let isSame = tree.manifest.digest == release.lock.skills.tree
    return PackInspection(
      release: release, manifest: tree.manifest, unfit: unfit, bytes: bytes,
      difference: locked.flatMap { tree.manifest.firstDifference(from: $0) },
      filtered: isSame ? nil : try await firstFiltered(release, scratch: "\(scratch)/filters"))
  }
}

extension GitCheckout {
  /// The first file of the pack whose attributes name a filter, and the filter: Sluice runs none,
  /// so such a file is what git keeps, and not what the filter makes of it.
  private func firstFiltered(_ release: Release, scratch: String) async throws(PortError)
    -> String?
  {
    try PortError.translating { () throws(SystemError) in
      try Files.makeDirectory("\(scratch)/tree", mode: 0o700)
    }
    let fields = try await read { git throws(PortError) in
      let own = git.working(in: "\(scratch)/tree", index: "\(scratch)/index")
      _ = try await own.output(GitArguments.readTree(release.commit))
      let paths = try await own.output(GitArguments.list(Self.skillsFolder))
      return try await own.output(GitArguments.filters, input: paths)
    }
    // Path, attribute, value, each ended by NUL.
    let parts = fields.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    for index in stride(from: 0, to: parts.count - 2, by: 3) {
      let value = parts[index + 2]
      if !["unspecified", "unset", "set"].contains(value) { return "\(parts[index]) (\(value))" }
    }
    return nil
  }
}

/// A release's skill pack as it hashes, held against its lock.
public struct PackInspection: Sendable {
  public let release: Release
  public let manifest: SkillManifest
  /// Why no host could place it, or no gateway load all of it.
  public let unfit: String?
  /// The disk space of its files and folders.
  public let bytes: Int64
  /// The first file that differs from the lock's manifest, where the commit has a manifest.
  public let difference: String?
  /// A file to which the attributes give a filter, where the tree differs from the lock.
  public let filtered: String?

  /// Nil when the tree equals the lock.
  public var fault: String? {
    let (locked, found) = (release.lock.skills.tree, manifest.digest)
    guard locked != found else { return unfit }
    let what =
      "the skill tree of \(release.tag) hashes to \(found.short), its openclaw.lock says "
      + "\(locked.short)" + (difference.map { ": \($0)" } ?? "")
    if let filtered {
      return what
        + ". .gitattributes gives \(filtered) to a filter, and Sluice runs no program that a "
        + "repository names: keep the pack's files in git as they are, lock, commit, and tag that."
    }
    return what
      + ". Bring lock and pack together in one commit (sluice lock, then git add -A "
      + "\(GitCheckout.skillsFolder)), and tag that. If git changes line endings or leaves files out, "
      + "sluice lock says so."
  }

  /// The disk space of a file or folder of that size: a folder, and the rest of a file's last
  /// block, take a block, too.
  static func room(for size: Int64) -> Int64 {
    let block: Int64 = 4096
    return (size / block + 1) * block
  }

  /// How many files differ between two packs.
  public func filesChanged(from earlier: PackInspection) -> Int {
    let (here, there) = (Set(manifest.entries), Set(earlier.manifest.entries))
    return Set(here.symmetricDifference(there).map(\.path)).count
  }
}
