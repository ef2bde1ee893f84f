import SluiceCore
import SluicePorts
import SluiceSystem

/// Writes a copy of a skill tree with its marker, durable and read-only, into a staging directory. Only
/// that directory itself stays writable: macOS renames no directory that the caller may not write.
/// `seal` closes it where it has its name.
struct SliceWriter {
  let source: SkillTree
  let staging: String

  /// Refuses when what was written does not read back as the marker's tree.
  func write(_ marker: Marker) throws(PortError) {
    do {
      try copy()
      try add(Array(marker.skillFile.utf8), as: "\(Marker.skillName)/SKILL.md", mode: 0o444)
    } catch { throw PortError(error) }
    // Read back from disk: the source may have changed between hashing and copying.
    let written = try SkillTree.read(staging)
    guard written.digest == marker.tree else {
      let difference = written.manifest.firstDifference(from: source.manifest) ?? "unknown"
      throw PortError(
        .failed, "the copy of \(source.root) differs from what was hashed: \(difference)",
        remedy: "Somebody wrote there meanwhile: export the release again.")
    }
    try written.verifyMarker(version: marker.version)
    try PortError.translating { () throws(SystemError) in try sealInside() }
  }

  private func copy() throws(SystemError) {
    try Files.makeDirectory(staging, mode: 0o755)
    for directory in directories where directory != Marker.skillName {
      try Files.makeDirectory("\(staging)/\(directory)", mode: 0o755)
    }
    for entry in source.manifest.entries {
      let mode: UInt32 = source.executables.contains(entry.path) ? 0o555 : 0o444
      try add(try Files.read("\(source.root)/\(entry.path)"), as: entry.path, mode: mode)
    }
    try Files.makeDirectory("\(staging)/\(Marker.skillName)", mode: 0o755)
  }

  private func add(_ bytes: [UInt8], as path: String, mode: UInt32) throws(SystemError) {
    // Its directory is flushed when it is sealed.
    try Files.create(
      "\(staging)/\(path)", with: bytes, mode: mode, synchronizingDirectory: false)
    // The gateway may run as another user, whatever the umask here.
    try Files.setMode("\(staging)/\(path)", mode)
  }

  /// Directories last and innermost first: nothing can be written into a sealed one.
  private func sealInside() throws(SystemError) {
    for directory in directories.reversed() {
      try Files.synchronizeDirectory("\(staging)/\(directory)")
      try Files.setMode("\(staging)/\(directory)", 0o555)
    }
    try Files.synchronizeDirectory(staging)
  }

  static let sealedMode: UInt32 = 0o555

  /// Closes a slice that has its name; one that was closed before stays as it is.
  static func seal(_ slice: String) throws(SystemError) {
    guard let status = try Files.status(of: slice), status.mode != sealedMode else { return }
    try Files.setMode(slice, sealedMode)
    try Files.synchronizeDirectory(slice)
  }

  /// Every directory of the slice, the marker's too, parents before children.
  private var directories: [String] {
    var found: Set<String> = [Marker.skillName]
    for entry in source.manifest.entries {
      var parts = entry.path.pathParts.dropLast()
      while !parts.isEmpty {
        found.insert(parts.joined(separator: "/"))
        parts = parts.dropLast()
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
