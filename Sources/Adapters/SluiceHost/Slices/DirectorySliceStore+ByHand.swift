import SluiceCore
import SluicePorts
import SluiceSystem

// A slice that was placed by hand: a directory with a version's name, and without the marker.
extension DirectorySliceStore {
  /// The digest of a tree that lacks nothing but the marker; nil for any other slice.
  func unmarked(_ version: String) -> Digest? {
    guard let tree = try? SkillTree.read(path(version)), tree.markerFile == nil else { return nil }
    return tree.digest
  }

  /// Gives the marker to a slice that was placed by hand and hashes to the lock. A running gateway
  /// finds every file of the slice at every moment. Any other slice stays as it is.
  func complete(_ marker: Marker, token: String) throws(PortError) {
    let slice = path(marker.version)
    guard let tree = try? SkillTree.read(slice), tree.markerFile == nil,
      tree.digest == marker.tree
    else { return }
    do {
      try Files.replace(
        manifestPath(marker.version), with: tree.manifest.bytes, mode: 0o444)
      try opened(slice) { () throws(SystemError) in
        try addMarker(marker, to: slice, staging: "\(root)/\(Self.staging(token))")
      }
    } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .refused,
        "\(slice) was placed by hand, and its marker cannot be added: \(error)",
        remedy: error.ownRemedy
          ?? "Let the agent's account write there, or move the slice away: it is placed anew.")
    }
  }

  /// The folder arrives whole, by one rename.
  private func addMarker(
    _ marker: Marker, to slice: String, staging: String
  ) throws(SystemError) {
    let folder = "\(slice)/\(Marker.skillName)"
    do throws(SystemError) {
      try Files.makeDirectory(staging, mode: 0o755)
      try Files.create(
        "\(staging)/SKILL.md", with: Array(marker.skillFile.utf8), mode: 0o444,
        synchronizingDirectory: true)
      try Files.setMode("\(staging)/SKILL.md", 0o444)
      try Files.rename(staging, to: folder, exclusive: true)
    } catch {
      // Best effort: what stays is removed before the next placing.
      try? Files.removeTree(staging)
      throw error
    }
    try Files.setMode(folder, SliceWriter.sealedMode)
    try Files.synchronizeDirectory(slice)
  }

  /// Runs `body` while a sealed directory can be written to.
  private func opened(
    _ directory: String, _ body: () throws(SystemError) -> Void
  ) throws(SystemError) {
    let mode = try Files.status(of: directory)?.mode ?? 0
    guard mode & 0o200 == 0 else { return try body() }
    try Files.setMode(directory, mode | 0o200)
    let result: Result<Void, SystemError>
    do throws(SystemError) { result = .success(try body()) } catch { result = .failure(error) }
    try Files.setMode(directory, mode)
    try result.get()
  }
}
