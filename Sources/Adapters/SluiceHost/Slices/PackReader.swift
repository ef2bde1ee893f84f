import SluiceCore
import SluiceSystem

/// Reads the skills of a slice as OpenClaw looks for them: folders with a SKILL.md, up to six deep.
public enum PackReader {
  /// Of folders inside each other; a folder `skills` of the pack itself does not count.
  static let depthLimit = 6

  /// A folder with a SKILL.md, or a link to one.
  struct Found {
    /// Below the pack; empty for the pack itself.
    let folder: String
    /// Nil for a link that leads to a skill.
    let file: SkillFile?

    var depth: Int { folder.pathParts.count }
  }

  /// The skills below a slice or a link to one, sorted by folder; the marker is left out.
  public static func skills(below root: String) -> [PackSkill] {
    found(below: root).compactMap { found in
      if found.folder.isEmpty || found.folder == Marker.skillName { return nil }
      guard let file = found.file else {
        return PackSkill(
          folder: found.folder, name: nil,
          fault: "its folder is a link, which leads out of the slice. Place a copy.")
      }
      return PackSkill(folder: found.folder, name: file.name, fault: file.fault?.sentence)
    }
  }

  /// Everything that looks like a skill, the marker and the pack itself too, sorted by folder.
  static func found(below root: String) -> [Found] {
    var found: [Found] = []
    // The trailing dot: a link in the last place is followed.
    visit("\(root)/.", folder: "", depth: 0, into: &found)
    return found.sorted { $0.folder < $1.folder }
  }

  private static func visit(
    _ directory: String, folder: String, depth: Int, into found: inout [Found]
  ) {
    if let file = (try? Files.status(of: "\(directory)/\(SkillFile.name)")) ?? nil {
      found.append(
        Found(folder: folder, file: SkillFile.read(directory, folder: folder, file)))
      if depth > 0 { return }
    }
    let isInSkills = folder == "skills" || folder.hasPrefix("skills/")
    guard depth < depthLimit + (isInSkills ? 1 : 0), let names = try? Files.names(in: directory)
    else { return }
    for name in names where !name.hasPrefix(".") && name != "node_modules" {
      let path = "\(directory)/\(name)"
      let inner = folder.isEmpty ? name : "\(folder)/\(name)"
      switch ((try? Files.status(of: path)) ?? nil)?.kind {
      case .directory: visit(path, folder: inner, depth: depth + 1, into: &found)
      case .link where ((try? Files.status(of: "\(path)/./\(SkillFile.name)")) ?? nil) != nil:
        found.append(Found(folder: inner, file: nil))
      default: continue
      }
    }
  }
}
