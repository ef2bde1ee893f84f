import SluiceYAML

/// A skill that was loaded: what its front matter says and where it lies.
struct Skill: Sendable, Equatable {
  var name: String
  var description: String
  var userInvocable = true
  var disableModelInvocation = false
  /// Through the link, not its target: `…/skills/current/greeter`.
  var baseDirectory: String

  var filePath: String { "\(baseDirectory)/SKILL.md" }

  /// Reads the YAML between the two `---` at the file's begin; the error is the log's reason.
  static func read(
    _ bytes: [UInt8], baseDirectory: String
  ) throws(SkillRejection) -> Skill {
    guard let yaml = frontMatter(bytes) else {
      throw SkillRejection(reason: "invalid frontmatter: missing")
    }
    let root: YAMLNode
    do {
      root = try YAMLReader.read(yaml, file: "SKILL.md")
    } catch {
      throw SkillRejection(reason: "invalid frontmatter: \(error.message)")
    }
    guard case .mapping(let entries) = root.content else {
      throw SkillRejection(reason: "invalid frontmatter: expected a mapping")
    }
    func text(_ key: String) -> String? {
      guard case .scalar(let value, _)? = entries.first(where: { $0.key == key })?.value.content
      else { return nil }
      return value.isEmpty ? nil : value
    }
    guard let description = text("description") else {
      throw SkillRejection(reason: "invalid frontmatter: description is missing")
    }
    return Skill(
      name: text("name") ?? SkillPath.name(baseDirectory), description: description,
      userInvocable: text("user-invocable") != "false",
      disableModelInvocation: text("disable-model-invocation") == "true",
      baseDirectory: baseDirectory)
  }

  /// nil when the file does not begin with a block between two lines `---`.
  private static func frontMatter(_ bytes: [UInt8]) -> [UInt8]? {
    let newLine = UInt8(ascii: "\n")
    let fence = Array("---".utf8)
    let lines = bytes.split(separator: newLine, omittingEmptySubsequences: false)
    func isFence(_ line: ArraySlice<UInt8>) -> Bool {
      line.elementsEqual(fence) || line.elementsEqual(fence + [UInt8(ascii: "\r")])
    }
    guard let first = lines.first, isFence(first),
      let end = lines.dropFirst().firstIndex(where: isFence)
    else { return nil }
    return Array(lines[1..<end].joined(separator: [newLine]))
  }
}

/// Why a skill is not there: only the log says so.
struct SkillRejection: Error, Equatable { let reason: String }
