import SluiceCore
import SluicePorts

/// Whether OpenClaw will load every skill of a pack, as far as the pack itself says it.
struct PackContents {
  let root: String
  let found: [PackReader.Found]

  init(root: String) {
    self.root = root
    found = PackReader.found(below: root)
  }

  /// - Parameter openclaw: the build that shall load it.
  func check(_ manifest: SkillManifest, openclaw: String) throws(PortError) {
    if found.first?.folder == "" {
      throw PortError(
        .refused, "\(root)/\(SkillFile.name) makes the whole pack one skill",
        remedy:
          "OpenClaw would load that and none of the others, nor Sluice's marker: move it into "
          + "a folder of its own.")
    }
    try requireFound(manifest, openclaw: openclaw)
    guard !skills.isEmpty else {
      throw PortError(
        .refused, "the skill pack \(root) holds no skill",
        remedy: "A skill is a folder with a SKILL.md in it: add one, or look where they went.")
    }
    for skill in skills { try requireLoadable(skill) }
    try requireNamesOnce()
  }

  /// Findings that stop nothing, because OpenClaw's configuration may allow them.
  var notes: [String] {
    var notes: [String] = []
    for skill in skills {
      guard let file = skill.file, file.bytes > Self.fileLimit else { continue }
      notes.append(
        "\(skill.folder)/\(SkillFile.name) has \(file.bytes) bytes: OpenClaw loads it only where "
          + "skills.limits.maxSkillFileBytes allows more than \(Self.fileLimit).")
    }
    // The marker is one of them.
    if skills.count >= Self.skillLimit {
      notes.append(
        "the pack holds \(skills.count) skills and the marker: OpenClaw loads all of them only where "
          + "skills.limits.maxSkillsLoadedPerSource allows more than \(Self.skillLimit).")
    }
    return notes
  }

  /// OpenClaw's own limits, the default.
  private static let fileLimit: Int64 = 256_000
  private static let skillLimit = 200

  private var skills: [PackReader.Found] {
    found.filter { !$0.folder.isEmpty && $0.folder != Marker.skillName }
  }

  /// A file that is meant as a skill and is not looked for where it lies, or under its name.
  private func requireFound(_ manifest: SkillManifest, openclaw: String) throws(PortError) {
    let folders = Set(found.map(\.folder))
    for entry in manifest.entries {
      var parts = entry.path.pathParts.map(String.init)
      guard let name = parts.popLast(), PackNames.folded(name) == "skill.md" else { continue }
      // Inside of a skill it is that skill's own business.
      let isInside = parts.indices.contains {
        folders.contains(parts[..<$0].joined(separator: "/")) && $0 > 0
      }
      if isInside || parts.contains(where: Self.isPassedOver) { continue }
      guard name == SkillFile.name else {
        throw PortError(
          .refused, "\(root)/\(entry.path) is not written \(SkillFile.name)",
          remedy: "Some hosts would load it and others not: rename it to \(SkillFile.name).")
      }
      let limit = Self.depth(in: parts, openclaw: openclaw)
      guard parts.count > limit else { continue }
      throw PortError(
        .refused, "\(root)/\(entry.path) lies \(parts.count) folders deep",
        remedy: "OpenClaw \(openclaw) looks for skills \(limit) folders deep there: move it up.")
    }
  }

  /// OpenClaw does not look for skills there.
  private static func isPassedOver(_ folder: String) -> Bool {
    folder.hasPrefix(".") || folder == "node_modules"
  }

  /// How deep a build looks: below a folder `skills` of the pack deeper than elsewhere.
  private static func depth(in parts: [String], openclaw: String) -> Int {
    // The first that was measured to look two deep.
    guard let build = BuildVersion(openclaw), let flat = BuildVersion("2026.9.4"), build >= flat
    else { return PackReader.depthLimit }
    return parts.first == "skills" ? PackReader.depthLimit + 1 : 2
  }

  private func requireLoadable(_ skill: PackReader.Found) throws(PortError) {
    let path = "\(root)/\(skill.folder)/\(SkillFile.name)"
    guard let file = skill.file else {
      throw PortError(
        .refused, "\(root)/\(skill.folder) is a link to a skill", remedy: "Put a copy there.")
    }
    if let fault = file.fault {
      throw PortError(
        .refused, path + (fault.line.map { ":\($0)" } ?? "") + ": \(fault.what)",
        remedy: "OpenClaw would leave the skill out. \(fault.remedy)")
    }
    if file.name == Marker.skillName {
      throw PortError(
        .refused, "\(path): it names itself \(Marker.skillName)",
        remedy: "That name belongs to Sluice's marker, which it would hide: rename the skill.")
    }
  }

  private func requireNamesOnce() throws(PortError) {
    var folders: [String: String] = [:]
    for skill in skills {
      guard let name = skill.file?.name else { continue }
      guard let other = folders.updateValue(skill.folder, forKey: name) else { continue }
      throw PortError(
        .refused,
        "\(root)/\(other) and \(root)/\(skill.folder) are both the skill \"\(name)\"",
        remedy: "OpenClaw would load one of the two: give each its own name in its SKILL.md.")
    }
  }
}

extension SkillTree {
  /// Refuses a pack that some host could not place, or whose skills OpenClaw would not load.
  func requirePromotable(openclaw: String) throws(PortError) {
    guard markerFile == nil else {
      throw PortError(
        .refused, "\(root)/\(Marker.skillName) is part of the pack",
        remedy: "That name belongs to Sluice's marker: rename the skill.")
    }
    try PackNames.check(manifest, root: root)
    try PackContents(root: root).check(manifest, openclaw: openclaw)
  }
}
