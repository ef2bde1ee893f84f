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

  /// Reads the front matter as the real one does; the error is the log's reason.
  static func read(
    _ bytes: [UInt8], baseDirectory: String
  ) throws(SkillRejection) -> Skill {
    let fields: [String: String]
    do {
      fields = try FrontMatter.read(bytes, file: "SKILL.md")?.fields ?? [:]
    } catch {
      throw SkillRejection(reason: "invalid frontmatter: \(error.message)")
    }
    func text(_ key: String) -> String? { fields[key].flatMap { $0.isEmpty ? nil : $0 } }
    func flag(_ key: String) -> Bool? {
      switch text(key)?.lowercased() {
      case "true", "1", "yes", "on": true
      case "false", "0", "no", "off": false
      default: nil
      }
    }
    guard let description = text("description") else {
      throw SkillRejection(reason: "description is required")
    }
    return Skill(
      name: text("name") ?? SkillPath.name(baseDirectory), description: description,
      userInvocable: flag("user-invocable") ?? true,
      disableModelInvocation: flag("disable-model-invocation") ?? false,
      baseDirectory: baseDirectory)
  }
}

/// Why a skill is not there: only the log says so.
struct SkillRejection: Error, Equatable { let reason: String }
