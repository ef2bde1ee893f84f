import SluiceCore
import SluicePorts
import SluiceSystem

/// Slices as directories of one root, with the links `current` and `next` beside them.
///
/// An actor without suspension points: one placing or swinging at a time. The host's agent is the
/// only process that writes here.
public actor DirectorySliceStore: SliceStore {
  let root: String

  /// - Parameter root: absolute; made on the first placing.
  public init(root: String) { self.root = root }

  public func slices() throws(PortError) -> [HostSurvey.Slice] {
    var slices: [HostSurvey.Slice] = []
    for name in try names() where Self.isVersion(name) {
      do {
        slices.append(.init(version: name, tree: try digest(of: name), fault: nil))
      } catch {
        slices.append(
          .init(version: name, tree: .zero, fault: error.message, unmarked: unmarked(name)))
      }
    }
    return slices
  }

  public func links() throws(PortError) -> Links {
    let current = try version(behind: .current)
    do throws(PortError) {
      let next = try version(behind: .next)
      return Links(current: current, next: next, nextFault: next == nil ? danglingNext : nil)
    } catch { return Links(current: current, next: nil, nextFault: error.message) }
  }

  /// A link that names nothing; nil where there is no link.
  private var danglingNext: String? {
    let location = "\(root)/\(SliceLink.next.rawValue)"
    guard let target = (try? Files.linkTarget(of: location)) ?? nil else { return nil }
    return "\(location) points at \(target), which is not there"
  }

  public func digest(of version: String) throws(PortError) -> Digest {
    try requireVersion(version)
    let tree = try SkillTree.read(path(version))
    do { try tree.verifyMarker(version: version) } catch {
      let difference = knownManifest(of: version).flatMap(tree.manifest.firstDifference)
      throw PortError(
        error.kind, difference.map { "\(path(version)): \($0)" } ?? error.message,
        remedy: error.remedy)
    }
    return tree.digest
  }

  public func place(from tree: String, marker: Marker, token: String) throws(PortError) -> Bool {
    try requireVersion(marker.version)
    try makeRoot()
    try removeLeftovers()
    if try exists(marker.version) {
      try complete(marker, token: token)
      try requireSame(marker)
      try seal(marker.version)
      return false
    }
    return try write(tree, marker, token: token) { staging, manifest throws(PortError) in
      // Not where a slice is placed again: a rollback takes a pack as its lock has it.
      try PackNames.check(manifest, root: tree)
      return try publish(staging, marker, manifest)
    }
  }

  public func placeAgain(
    from tree: String, marker: Marker, token: String
  ) throws(PortError) -> String? {
    try requireVersion(marker.version)
    try makeRoot()
    try removeLeftovers()
    if let standing = try? digest(of: marker.version), standing == marker.tree {
      try seal(marker.version)
      return nil
    }
    return try write(tree, marker, token: token) { staging, manifest throws(PortError) in
      let aside = try setAside(marker.version, token: token)
      _ = try publish(staging, marker, manifest)
      return aside
    }
  }

  /// Stages and proves a slice; `publish` gives it its name.
  private func write<Value>(
    _ tree: String, _ marker: Marker, token: String,
    _ publish: (_ staging: String, _ manifest: SkillManifest) throws(PortError) -> Value
  ) throws(PortError) -> Value {
    let source = try SkillTree.read(tree, bounds: PackBounds())
    try requireLocked(source, marker)
    let staging = "\(root)/\(Self.staging(token))"
    do throws(PortError) {
      try SliceWriter(source: source, staging: staging).write(marker)
      return try publish(staging, source.manifest)
    } catch {
      // Best effort: what stays is removed before the next placing.
      try? Files.removeTree(staging)
      throw error
    }
  }

  /// Renames whatever has a slice's name. Nothing of it is deleted: a person may want to see it.
  private func setAside(_ version: String, token: String) throws(PortError) -> String? {
    let location = path(version)
    return try PortError.translating { () throws(SystemError) in
      guard try Files.status(of: location) != nil else { return nil }
      let wanted = "\(location)\(Self.damagedInfix)\(Self.fileName(token))"
      var (name, number) = (wanted, 1)
      while try Files.status(of: name) != nil {
        number += 1
        name = "\(wanted)-\(number)"
      }
      try rename(location, to: name)
      try Files.synchronizeDirectory(root)
      return name
    }
  }

  /// macOS renames no directory that the caller may not write: a sealed one is opened for it.
  func rename(_ slice: String, to name: String) throws(SystemError) {
    let status = try Files.status(of: slice)
    let sealed = status.flatMap { $0.kind == .directory && $0.mode & 0o200 == 0 ? $0.mode : nil }
    if let sealed { try Files.setMode(slice, sealed | 0o200) }
    try Files.rename(slice, to: name, exclusive: true)
    if let sealed { try Files.setMode(name, sealed) }
  }

  /// A crash may have come between a slice's name and its seal. Another user's slice is that user's to
  /// seal.
  private func seal(_ version: String) throws(PortError) {
    try PortError.translating { () throws(SystemError) in
      guard try Files.status(of: path(version))?.owner == HostFacts.userIdentifier else { return }
      try SliceWriter.seal(path(version))
    }
  }

  public func swing(_ link: SliceLink, to version: String, token: String) throws(PortError) {
    try requireVersion(version)
    guard try exists(version) else {
      throw PortError(
        .refused, "\(path(version)) is not there, so \(link.rawValue) cannot name it",
        remedy: "Place the release on this host first.")
    }
    // No gateway serves from `next`, so any target of that link is replaced.
    let standing = link == .next ? try links().next : try self.version(behind: link)
    if standing == version { return }
    try PortError.translating { () throws(SystemError) in
      try Files.swingLink(
        "\(root)/\(link.rawValue)", to: path(version), token: Self.fileName(token))
    }
  }
}

extension DirectorySliceStore {
  static let stagingPrefix = ".staging-"
  static let damagedInfix = ".damaged-"
  static func staging(_ token: String) -> String { stagingPrefix + fileName(token) }

  /// A file name out of any token: what a name may not hold becomes `-`.
  static func fileName(_ token: String) -> String {
    let kept = token.utf8.prefix(100).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        byte
      default: UInt8(ascii: "-")
      }
    }
    return String(decoding: kept, as: UTF8.self)
  }

  static func isVersion(_ name: String) -> Bool {
    SemanticVersion(name)?.isSafeDirectoryName == true
  }

  private func requireVersion(_ version: String) throws(PortError) {
    guard Self.isVersion(version) else {
      throw PortError(
        .refused, "\"\(version.prefix(80))\" cannot name a slice in \(root)",
        remedy: "Write a version of SemVer 2.0.0 without build metadata, such as 1.4.2.")
    }
  }

  func path(_ version: String) -> String { "\(root)/\(version)" }
  func manifestPath(_ version: String) -> String { "\(root)/.\(version).sha256" }

  func names() throws(PortError) -> [String] {
    try PortError.translating { () throws(SystemError) in
      try Files.status(of: root) == nil ? [] : try Files.names(in: root)
    }
  }

  private func exists(_ version: String) throws(PortError) -> Bool {
    let location = path(version)
    let status = try PortError.translating { () throws(SystemError) in
      try Files.status(of: location)
    }
    guard let status else { return false }
    guard status.kind == .directory else {
      throw PortError(
        .refused, "\(location) is no directory, but a slice has to be one",
        remedy: "Move it away and place the release again.")
    }
    return true
  }

  private func makeRoot() throws(PortError) {
    try PortError.translating { () throws(SystemError) in
      if try Files.status(of: root) == nil { try Files.makeDirectory(root) }
    }
  }

  /// Removes the rest of a crash: half-written slices, links that were not renamed yet, and manifests of
  /// slices that never came to be.
  private func removeLeftovers() throws(PortError) {
    let names = try names()
    try PortError.translating { () throws(SystemError) in
      for name in names {
        let path = "\(root)/\(name)"
        // Two dots: a manifest that was being written.
        if name.hasPrefix(Self.stagingPrefix) || name.hasPrefix("..") {
          try Files.removeTree(path)
        } else if name.hasPrefix(".current.") || name.hasPrefix(".next.") {
          if try Files.status(of: path)?.kind == .link { try Files.removeFile(path) }
        } else if name.hasPrefix("."), name.hasSuffix(".sha256"),
          !names.contains(String(name.dropFirst().dropLast(7)))
        {
          try Files.removeFile(path)
        }
      }
    }
  }

  private func requireSame(_ marker: Marker) throws(PortError) {
    let standing = try digest(of: marker.version)
    guard standing != marker.tree else { return }
    throw PortError(
      .refused,
      "\(path(marker.version)) stands already with tree \(standing.short), "
        + "but the lock says \(marker.tree.short)",
      remedy: "A slice never changes: give the changed pack a new version, and lock and tag that.")
  }

  private func requireLocked(_ source: SkillTree, _ marker: Marker) throws(PortError) {
    guard source.markerFile == nil else {
      throw PortError(
        .refused, "\(source.root)/\(Marker.skillName) is part of the pack",
        remedy: "That name belongs to Sluice's marker: rename the skill.")
    }
    guard source.digest != marker.tree else { return }
    let locked = SkillManifest.beside(source.root, hashingTo: marker.tree)
    let difference = locked.flatMap(source.manifest.firstDifference).map { ": \($0)" } ?? ""
    throw PortError(
      .refused,
      "the skill tree of \(marker.version) hashes to \(source.digest.short), "
        + "but the lock says \(marker.tree.short)\(difference)",
      remedy: "Run \"sluice lock\" in the infra repository, commit, and tag that commit.")
  }

  /// The manifest goes first: a slice without one could not name what was altered in it.
  private func publish(
    _ staging: String, _ marker: Marker, _ manifest: SkillManifest
  ) throws(PortError) -> Bool {
    do {
      try Files.replace(manifestPath(marker.version), with: manifest.bytes, mode: 0o444)
      try Files.rename(staging, to: path(marker.version), exclusive: true)
      try SliceWriter.seal(path(marker.version))
      try Files.synchronizeDirectory(root)
      return true
    } catch {
      guard try exists(marker.version) else { throw PortError(error) }
    }
    try requireSame(marker)
    try PortError.translating { () throws(SystemError) in try Files.removeTree(staging) }
    return false
  }

  private func knownManifest(of version: String) -> SkillManifest? {
    let marker = "\(path(version))/\(Marker.skillName)/SKILL.md"
    guard let text = try? Files.readText(marker, limit: 4096),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("description: ") }),
      let placed = Marker(description: String(line.dropFirst("description: ".count)))
    else { return nil }
    return SkillManifest.beside(
      path(version), at: manifestPath(version), hashingTo: placed.tree)
  }

  /// Nil when the link is missing or the slice that it names is.
  private func version(behind link: SliceLink) throws(PortError) -> String? {
    let location = "\(root)/\(link.rawValue)"
    let target: String?
    do { target = try Files.linkTarget(of: location) } catch {
      throw PortError(
        .refused, "\(location) is no symbolic link (\(error))",
        remedy: "Move it away: Sluice makes the link when it swings it.")
    }
    guard let target else { return nil }
    let parts = target.pathParts
    guard let version = parts.last.map(String.init), Self.isVersion(version),
      target == version || isRoot("/" + parts.dropLast().joined(separator: "/"))
    else {
      throw PortError(
        .refused, "\(location) points at \(target), which is no slice of \(root)",
        remedy: "Place the release that runs here as a slice, and point the link at it.")
    }
    return try exists(version) ? version : nil
  }

  /// By device and inode: on macOS `/var` and `/private/var` are two names of one directory.
  private func isRoot(_ path: String) -> Bool {
    if path == root { return true }
    guard let one = try? Files.status(of: path + "/."),
      let other = try? Files.status(of: root + "/.")
    else { return false }
    return one.inode == other.inode && one.device == other.device
  }
}

extension SkillManifest {
  /// The manifest in the file `<tree>.sha256`, where exporting a release puts it, or at `path`;
  /// nil unless it is the one that the digest was made of.
  static func beside(
    _ tree: String, at path: String? = nil, hashingTo digest: Digest
  ) -> SkillManifest? {
    guard let bytes = try? Files.read(path ?? "\(tree).sha256") else { return nil }
    return SkillManifest(bytes, hashingTo: digest)
  }
}
