import SluiceCore
import SluiceHost
import SluiceSystem

/// Names the files of a slice that differ from the lock in the host's own checkout.
struct SliceComparison: Sendable {
  let paths: HostPaths

  private static let manifestBytes = 64 << 20

  /// The slices, with the changes of the slice that has the lock's version and another tree. Without
  /// the lock's manifest in the checkout no change is known.
  func compare(_ slices: [HostSurvey.Slice], with lock: ReleaseLock?) -> [HostSurvey.Slice] {
    guard let skills = lock?.skills else { return slices }
    return slices.map { slice in
      guard slice.version == skills.version, slice.tree != skills.tree,
        slice.unmarked != skills.tree
      else { return slice }
      var slice = slice
      slice.changes = changes(of: slice.version, from: skills.tree)
      return slice
    }
  }

  private func changes(of version: String, from locked: Digest) -> [SliceChange]? {
    guard
      let bytes = try? Files.read(
        "\(paths.infra)/\(LockWriter.manifestName)", limit: Self.manifestBytes),
      let manifest = SkillManifest(bytes, hashingTo: locked),
      let tree = try? SkillTree.read("\(paths.skills)/\(version)")
    else { return nil }
    let changes = tree.manifest.changes(from: manifest, most: SliceChange.most)
    return changes.isEmpty ? nil : changes
  }
}
