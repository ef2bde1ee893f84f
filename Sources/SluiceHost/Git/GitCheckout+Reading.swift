import SluiceCore
import SluicePorts
import SluiceSystem

/// What the writer reads of its own checkout to make a plan. Nothing here changes anything.
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

  /// Hashes a release's skill tree as its commit holds it, in a scratch directory that is removed
  /// again, and says how it differs from its lock.
  public func inspect(_ release: Release, scratch: String) async throws(PortError)
    -> PackInspection
  {
    try PortError.translating { () throws(SystemError) in
      if try Files.status(of: scratch) != nil { try Files.removeTree(scratch) }
      try Files.makeDirectory(scratch, mode: 0o700)
    }
    defer { try? Files.removeTree(scratch) }
    let directory = "\(scratch)/skills"
    try await export(release, to: directory)
    let tree = try SkillTree.read(directory)
    let written = try? Files.read("\(directory).sha256", limit: 64 << 20)
    let locked = written.flatMap { SkillManifest($0, hashingTo: release.lock.skills.tree) }
    return PackInspection(
      release: release, manifest: tree.manifest,
      difference: locked.flatMap { tree.manifest.firstDifference(from: $0) })
  }
}

/// A release's skill pack as it hashes, held against its lock.
public struct PackInspection: Sendable {
  public let release: Release
  public let manifest: SkillManifest
  /// The first file that differs from the lock's manifest, where the commit has one to tell by.
  public let difference: String?

  /// Nil when the tree is what the lock says.
  public var fault: String? {
    let (locked, found) = (release.lock.skills.tree, manifest.digest)
    guard locked != found else { return nil }
    return "the skill tree of \(release.tag) hashes to \(found.short), its openclaw.lock says "
      + "\(locked.short)" + (difference.map { ": \($0)" } ?? "")
      + ". Write the lock anew (sluice lock), commit, and tag that."
  }

  /// How many files differ between two packs.
  public func filesChanged(from earlier: PackInspection) -> Int {
    let (here, there) = (Set(manifest.entries), Set(earlier.manifest.entries))
    return Set(here.symmetricDifference(there).map(\.path)).count
  }
}
