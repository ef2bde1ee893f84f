import SluiceCore
import SluiceCrypto
import SluicePorts
import SluiceSystem

/// A skill tree on disk, read without following any link.
///
/// Refused, naming the path: links, hard links (OpenClaw skips a skill whose file has two names),
/// special files, setuid and setgid files, names with control characters (such a name could forge a
/// line of the manifest), endless nesting.
public struct SkillTree: Sendable {
  public static let maximumDepth = 32

  public let root: String
  public let manifest: SkillManifest
  /// Paths whose owner may execute them.
  public let executables: Set<String>
  /// The content of the marker's SKILL.md; nil when the tree has no marker.
  public let markerFile: [UInt8]?

  public var digest: Digest { manifest.digest }

  /// - Parameter bounds: the limits of a pack that will be placed; nil for a pack on disk.
  public static func read(
    _ root: String, bounds: PackBounds? = nil
  ) throws(PortError) -> SkillTree {
    var walk = Walk(root: root, bounds: bounds)
    try walk.directory("", depth: 0)
    guard !walk.entries.isEmpty else {
      throw PortError(
        .refused, "the skill tree \(root) holds no file",
        remedy: "An empty pack would leave the gateway without skills: look where they went.")
    }
    return SkillTree(
      root: root, manifest: SkillManifest(walk.entries), executables: walk.executables,
      markerFile: walk.markerFile)
  }

  /// Refuses a tree whose marker does not read exactly as placing `version` wrote it.
  public func verifyMarker(version: String) throws(PortError) {
    let path = "\(root)/\(Marker.skillName)/SKILL.md"
    guard let markerFile else {
      throw PortError(
        .refused, "\(path) is missing",
        remedy: "The slice was not placed by Sluice or was altered: remove it and place it again.")
    }
    let expected = Marker(version: version, tree: digest).skillFile
    guard markerFile == Array(expected.utf8) else {
      throw PortError(
        .refused, "\(path) does not read as Sluice wrote it for tree \(digest.short)",
        remedy: "Marker or tree were altered after placing: remove the slice and place it again.")
    }
  }
}

/// One walk through a tree, in the byte order of the names.
private struct Walk {
  let root: String
  let bounds: PackBounds?
  var tally = PackBounds.Tally()
  var entries: [SkillManifest.Entry] = []
  var executables: Set<String> = []
  var markerFile: [UInt8]?

  init(root: String, bounds: PackBounds?) {
    self.root = root
    self.bounds = bounds
  }

  mutating func directory(_ path: String, depth: Int) throws(PortError) {
    let location = path.isEmpty ? root : "\(root)/\(path)"
    guard depth <= SkillTree.maximumDepth else {
      throw refusal(location, "lies more than \(SkillTree.maximumDepth) folders deep")
    }
    guard
      try PortError.translating({ () throws(SystemError) in try Files.status(of: location) })?
        .kind == .directory
    else {
      throw refusal(location, "is no directory")
    }
    let names = try PortError.translating { () throws(SystemError) in
      try Files.names(in: location)
    }
    for name in names {
      let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
      guard isPlain, !name.unicodeScalars.contains("\u{FFFD}") else {
        throw refusal(location, "holds a name with control characters or invalid UTF-8")
      }
      try item(path.isEmpty ? name : "\(path)/\(name)", depth: depth + 1)
    }
  }

  private mutating func item(_ path: String, depth: Int) throws(PortError) {
    let location = "\(root)/\(path)"
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: location)
    }
    guard let status else { throw refusal(location, "went away while it was read") }
    try bounds?.check(path: path, at: location)
    switch status.kind {
    case .directory where path == Marker.skillName: try marker(location)
    case .directory: try directory(path, depth: depth)
    case .regular: try file(path, status)
    case .link: throw refusal(location, "is a symbolic link")
    case .other: throw refusal(location, "is a special file")
    }
  }

  private mutating func file(_ path: String, _ status: FileStatus) throws(PortError) {
    tally.files += 1
    tally.bytes += status.size
    try bounds?.check(tally, in: root)
    let bytes = try content("\(root)/\(path)", status)
    entries.append(.init(path: path, hash: SHA256Digest.hex(bytes)))
    if status.mode & 0o100 != 0 { executables.insert(path) }
  }

  /// The marker's folder holds one file and nothing else.
  private mutating func marker(_ location: String) throws(PortError) {
    let (names, status) = try PortError.translating { () throws(SystemError) in
      (try Files.names(in: location), try Files.status(of: "\(location)/SKILL.md"))
    }
    guard names == ["SKILL.md"], let status, status.kind == .regular else {
      throw refusal(location, "holds something else than the one file that Sluice put there")
    }
    markerFile = try content("\(location)/SKILL.md", status)
  }

  private func content(_ location: String, _ status: FileStatus) throws(PortError) -> [UInt8] {
    guard status.linkCount == 1 else {
      throw refusal(location, "is a hard link (\(status.linkCount) names for one file)")
    }
    guard status.mode & 0o6000 == 0 else {
      throw refusal(location, "is setuid or setgid")
    }
    try PackBounds.check(fileBytes: status.size, at: location)
    return try PortError.translating { () throws(SystemError) in
      try Files.read(location, limit: Int(PackBounds.fileBytes))
    }
  }

  private func refusal(_ location: String, _ what: String) -> PortError {
    PortError(
      .refused, "\(location) \(what)",
      remedy: "A skill tree holds folders and plain files only: replace it by a plain copy.")
  }
}
