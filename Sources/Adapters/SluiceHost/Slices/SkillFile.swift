import SluiceCore
import SluiceSystem
import SluiceYAML

/// A SKILL.md as OpenClaw reads it.
struct SkillFile {
  /// Why OpenClaw will not load it.
  struct Fault {
    /// In the file, from 1; nil when it is about the whole file.
    var line: Int?
    var what: String
    var remedy: String
  }

  /// As the front matter names it, else its folder's name; nil when that cannot be told.
  let name: String?
  let fault: Fault?
  let bytes: Int64

  static let name = "SKILL.md"
  private static let limit = 1 << 20

  /// - Parameters:
  ///   - directory: the skill's folder, with or without links on the way.
  ///   - folder: the same below the pack.
  static func read(_ directory: String, folder: String, _ status: FileStatus) -> SkillFile {
    func faulty(_ what: String, _ remedy: String, line: Int? = nil, name: String? = nil)
      -> SkillFile
    {
      SkillFile(
        name: name, fault: Fault(line: line, what: what, remedy: remedy), bytes: status.size)
    }
    if status.kind != .regular { return faulty("it is no plain file", "Place a copy.") }
    let path = "\(directory)/\(Self.name)"
    if status.size > Int64(limit) {
      return faulty(
        "it has more than \(limit >> 10) KiB", "Move most of it into other files of the skill.")
    }
    guard let content = try? Files.read(path, limit: limit) else {
      return faulty("it cannot be read", "Look at its mode and owner.")
    }
    let matter: FrontMatter?
    do { matter = try FrontMatter.read(content, file: path) } catch {
      return faulty(error.message, error.remedy, line: error.position.line)
    }
    let template = "Begin it with  ---, name: …, description: …, ---  on a line each."
    guard let matter else { return faulty("it has no front matter", template, line: 1) }
    let name = Self.name(matter, folder: folder)
    let hasDescription =
      matter.structured.contains("description")
      || !matter.fields["description", default: ""].isEmpty
    guard hasDescription else {
      return faulty(
        "its front matter has no description", "Write one: OpenClaw loads no skill without.",
        line: matter.lines["description"] ?? 1, name: name)
    }
    if status.linkCount > 1 {
      return faulty(
        "it is hard-linked, which OpenClaw refuses", "Place the slice as a copy.", name: name)
    }
    return SkillFile(name: name, fault: nil, bytes: status.size)
  }

  private static func name(_ matter: FrontMatter, folder: String) -> String? {
    if matter.structured.contains("name") { return nil }
    if let name = matter.fields["name"], !name.isEmpty { return name }
    return folder.pathParts.last.map(String.init)
  }
}

extension SkillFile.Fault {
  /// As a sentence of one skill's.
  var sentence: String {
    "SKILL.md\(line.map { ":\($0)" } ?? ""): \(what). \(remedy)"
  }
}
