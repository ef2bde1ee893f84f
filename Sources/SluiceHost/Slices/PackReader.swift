import SluiceCore
import SluiceSystem
import SluiceYAML

/// Reads the skills of a slice as OpenClaw looks for them: folders with a SKILL.md, up to six deep.
public enum PackReader {
  private static let depthLimit = 6
  private static let fileLimit = 1 << 20

  /// The skills below a slice or a link to one, sorted by folder; the marker is left out.
  public static func skills(below root: String) -> [PackSkill] {
    var found: [PackSkill] = []
    // The trailing dot: a link in the last place is followed.
    visit("\(root)/.", folder: "", depth: 0, into: &found)
    return found.sorted { $0.folder < $1.folder }
  }

  private static func visit(
    _ directory: String, folder: String, depth: Int, into found: inout [PackSkill]
  ) {
    if depth > 0, let file = (try? Files.status(of: "\(directory)/SKILL.md")) ?? nil {
      if folder != Marker.skillName { found.append(skill(directory, folder, file)) }
      return
    }
    guard depth < depthLimit, let names = try? Files.names(in: directory) else { return }
    for name in names where !name.hasPrefix(".") {
      let path = "\(directory)/\(name)"
      let inner = folder.isEmpty ? name : "\(folder)/\(name)"
      switch ((try? Files.status(of: path)) ?? nil)?.kind {
      case .directory: visit(path, folder: inner, depth: depth + 1, into: &found)
      case .link where ((try? Files.status(of: "\(path)/./SKILL.md")) ?? nil) != nil:
        found.append(
          PackSkill(
            folder: inner, name: nil,
            fault: "its folder is a link, which leads out of the slice. Place a copy."))
      default: continue
      }
    }
  }

  private static func skill(
    _ directory: String, _ folder: String, _ file: FileStatus
  ) -> PackSkill {
    func faulty(_ fault: String, name: String? = nil) -> PackSkill {
      PackSkill(folder: folder, name: name, fault: fault)
    }
    if file.kind != .regular { return faulty("its SKILL.md is no plain file. Place a copy.") }
    let path = "\(directory)/SKILL.md"
    guard let bytes = try? Files.read(path, limit: fileLimit) else {
      return faulty("its SKILL.md cannot be read. Look at its mode and owner.")
    }
    guard let name = name(in: bytes, file: path) else {
      return faulty("the front matter of its SKILL.md names no skill. Mend it in the release.")
    }
    if file.linkCount > 1 {
      return faulty(
        "its SKILL.md is hard-linked, which OpenClaw refuses. Place the slice as a copy.",
        name: name)
    }
    return PackSkill(folder: folder, name: name, fault: nil)
  }

  /// What the front matter says; nil when it cannot be read.
  static func name(in bytes: [UInt8], file: String) -> String? {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasSuffix("\r") ? $0.dropLast() : $0 }
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      return nil
    }
    let text = lines[1..<end].joined(separator: "\n") + "\n"
    guard let node = try? YAMLReader.read(Array(text.utf8), file: file),
      let mapping = try? YAMLMapping.root(of: node, file: file),
      let name = try? mapping.string("name"), !name.isEmpty
    else { return nil }
    return name
  }
}
