import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("What a lock refuses of a pack")
struct PackRulesTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  private static func skill(_ name: String) -> String {
    "---\nname: \(name)\ndescription: does \(name)\n---\n"
  }

  private func lock(
    _ files: [String: String], openclaw: String = "2026.9.6", into folder: String = "skills"
  ) throws {
    try Pack.write(files.merging(["VERSION": "1.4.2\n"]) { first, _ in first }, to: home(folder))
    _ = try LockWriter(checkout: home.path).lock(
      openclaw: .init(version: openclaw, daemon: nil, cli: nil, schemas: nil), tenants: [:])
  }

  private func refusal(_ files: [String: String], openclaw: String = "2026.9.6") async -> PortError
  {
    let error = await portError { try lock(files, openclaw: openclaw) }
    #expect(error.kind == .refused && error.remedy?.isEmpty == false, "\(error)")
    return error
  }

  @Test("A pack without any skill")
  func noSkill() async throws {
    #expect(await refusal([:]).message == "the skill pack \(home("skills")) holds no skill")
    // Texts, scripts and what nobody looks into are no skills.
    let more = ["notes/README.md": "x", ".hidden/a/SKILL.md": Self.skill("a")]
    #expect(await refusal(more).message.contains("holds no skill"))
  }

  @Test("A repository in the pack, also where a name behind its slash begins with a mark")
  func repositoryInPack() async throws {
    for file in ["a/.git/config", "a/.git/\u{301}config"] {
      let error = await refusal(["b/SKILL.md": Self.skill("b"), file: "x"])
      #expect(error.message == "\(home("skills"))/a/.git is part of the pack")
      try Files.removeTree(home("skills/a"))
    }
  }

  @Test("Two folders of one name, both named: by front matter, by folder, or by both")
  func sameName() async throws {
    let same = ["one/SKILL.md": Self.skill("greeter"), "two/SKILL.md": Self.skill("greeter")]
    #expect(
      await refusal(same).message
        == "\(home("skills"))/one and \(home("skills"))/two are both the skill \"greeter\"")
  }

  @Test(
    "A name of its folder counts as well, and quotes and blanks do not",
    arguments: [
      [
        "greeter/SKILL.md": "---\ndescription: x\n---\n",
        "b/SKILL.md": "---\nname: greeter\ndescription: y\n---\n",
      ],
      [
        "a/same/SKILL.md": "---\ndescription: x\n---\n",
        "b/same/SKILL.md": "---\ndescription: y\n---\n",
      ],
      [
        "a/SKILL.md": "---\nname: \"greeter\"\ndescription: x\n---\n",
        "b/SKILL.md": "---\nname:   greeter  # it\ndescription: y\n---\n",
      ],
    ])
  func sameNameOtherwise(_ files: [String: String]) async throws {
    #expect(await refusal(files).message.contains("are both the skill"))
  }

  @Test("Names that differ by case are two names to OpenClaw")
  func differentNames() throws {
    try lock(["a/SKILL.md": Self.skill("greeter"), "b/SKILL.md": Self.skill("Greeter")])
  }

  @Test(
    "A skill that OpenClaw could not read is refused with file, line and remedy",
    arguments: [
      ("# Greeter\n", ":1: it has no front matter"),
      ("", ":1: it has no front matter"),
      ("---\nname: greeter\ndescription: x\n", ":1: the front matter does not end"),
      ("---\nname: greeter\n---\n", ":1: its front matter has no description"),
      ("---\nname: greeter\ndescription: \"\"\n---\n", ":3: its front matter has no description"),
      ("---\nname: a: b\ndescription: x\n---\n", ":2: the front matter is no YAML"),
      ("---\nname: x\ndescription: y\nhomepage: [a\n---\n", "the front matter is no YAML"),
      ("---\nname: x\nname: y\ndescription: z\n---\n", ":3: the front matter is no YAML"),
      ("---\n- name\n---\n", ":2: the front matter is no YAML: it holds no settings"),
      ("---\n---\n", ":1: its front matter has no description"),
    ])
  func unreadable(_ text: String, _ words: String) async throws {
    let error = await refusal(["greeter/SKILL.md": text, "other/SKILL.md": Self.skill("other")])
    #expect(error.message.hasPrefix("\(home("skills"))/greeter/SKILL.md:"), "\(error.message)")
    #expect(error.message.contains(words), "\(error.message)")
  }

  @Test(
    "What OpenClaw loads, a lock takes",
    arguments: [
      "---\nname: notes\ndescription: Take notes. Use when: (1) a meeting ends\n---\n",
      "---\ndescription: named by its folder\n---\n",
      "\u{FEFF}---\r\nname: x\r\ndescription: y\r\n---\r\n",
      "---\nname: x\ndescription: [beta] does things\n---\n", "--- \nname: x\ndescription: 5\n---",
      "---\nname: x\ndescription: >-\n  long\n  text\nmetadata: {\"openclaw\": {\"os\": [\"darwin\"]}}\n---\n",
      "---\nname: x\ndescription: &d shared\nsummary: *d\n---\n",
    ])
  func loadable(_ text: String) throws { try lock(["greeter/SKILL.md": text]) }

  @Test("A skill in place of the pack, and one that names itself as the marker does")
  func shadows() async throws {
    let root = await refusal(["SKILL.md": Self.skill("all"), "a/SKILL.md": Self.skill("a")])
    #expect(root.message == "\(home("skills"))/SKILL.md makes the whole pack one skill")
    try Files.removeFile(home("skills/SKILL.md"))
    let marker = await refusal(["a/SKILL.md": Self.skill("sluice-release")])
    #expect(marker.message.contains("a/SKILL.md: it names itself sluice-release"))
  }

  @Test("A skill deeper than the build looks; older builds look deeper")
  func depth() async throws {
    let files = ["a/b/c/SKILL.md": Self.skill("deep"), "d/SKILL.md": Self.skill("d")]
    #expect(await refusal(files).message.hasSuffix("/a/b/c/SKILL.md lies 3 folders deep"))
    try lock(files, openclaw: "2026.7.1-2")
    try Files.removeTree(home("skills/a"))
    try lock([
      "skills/a/b/c/d/SKILL.md": Self.skill("in-skills"), "e/f/SKILL.md": Self.skill("f"),
      "d/examples/a/b/SKILL.md": "an example inside of a skill",
      "node_modules/a/b/c/SKILL.md": "a dependency",
    ])
  }

  @Test(
    "Each build looks as deep as it looks, in the folder skills deeper than elsewhere, and no deeper",
    arguments: [
      ("2026.9.6", "", 2), ("2026.9.4", "", 2), ("2026.9.3", "", 6), ("2026.9.6", "skills/", 7),
      ("2026.9.3", "skills/", 6),
    ])
  func depths(_ openclaw: String, _ start: String, _ most: Int) async throws {
    func path(_ folders: Int) -> String {
      let inner = folders - start.pathParts.count
      return start + (1...inner).map { "f\($0)/" }.joined() + "SKILL.md"
    }
    try lock(["a/SKILL.md": Self.skill("a"), path(most): Self.skill("deep")], openclaw: openclaw)
    try Files.removeTree(home("skills"))
    let error = await refusal(
      ["a/SKILL.md": Self.skill("a"), path(most + 1): Self.skill("deep")], openclaw: openclaw)
    #expect(error.message == "\(home("skills"))/\(path(most + 1)) lies \(most + 1) folders deep")
    #expect(
      error.remedy
        == "OpenClaw \(openclaw) looks for skills \(most) folders deep there: move it up.")
  }

  @Test(
    "A skill file and a number of skills that OpenClaw takes only where it is told to are noted")
  func notes() throws {
    func text(_ bytes: Int, _ name: String) -> String {
      let start = Self.skill(name)
      return start + String(repeating: "x", count: bytes - start.utf8.count)
    }
    try Pack.write(
      ["a/SKILL.md": text(256_000, "a"), "b/SKILL.md": text(256_001, "b")], to: home("large"))
    #expect(
      PackContents(root: home("large")).notes == [
        "b/SKILL.md has 256001 bytes: OpenClaw loads it only where skills.limits.maxSkillFileBytes "
          + "allows more than 256000."
      ])
    let names = (1...199).map { "s\($0)" }
    for name in names { try Pack.write(["\(name)/SKILL.md": Self.skill(name)], to: home("many")) }
    #expect(PackContents(root: home("many")).notes == [])
    // With the marker they are one too many.
    try Pack.write(["t/SKILL.md": Self.skill("t")], to: home("many"))
    let notes = PackContents(root: home("many")).notes
    #expect(notes.count == 1 && notes[0].hasPrefix("the pack holds 200 skills and the marker:"))
    #expect(notes.first?.hasSuffix("maxSkillsLoadedPerSource allows more than 200.") == true)
  }

  @Test("A SKILL.md in other letters, which some hosts would load and others not")
  func otherLetters() async throws {
    let error = await refusal(["a/skill.md": Self.skill("a"), "b/SKILL.md": Self.skill("b")])
    #expect(error.message == "\(home("skills"))/a/skill.md is not written SKILL.md")
    try Files.removeTree(home("skills/a"))
    try lock(["b/references/skill.md": "how skills are written"])
  }

  @Test(
    "Names that macOS takes for one are refused, both named: files and folders, at any depth",
    arguments: [
      ("README.md", "Readme.md"), ("a/x/notes.txt", "a/x/NOTES.txt"),
      ("a/Docs/one.md", "a/docs/two.md"), ("A2/x", "a2/y"),
      ("a/caf\u{E9}.md", "a/cafe\u{301}.md"), ("a/\u{C9}t\u{E9}/x", "a/e\u{301}te\u{301}/y"),
      ("a/stra\u{DF}e", "a/STRASSE"), ("a/\u{3A3}", "a/\u{3C2}"), ("a/x", "a/x\u{200C}"),
      ("a/\u{1F600}A", "a/\u{1F600}a"), ("a/i\u{307}x", "a/\u{130}x"), ("a/log/x", "a/LOG"),
      ("a/\u{212B}", "a/\u{E5}"),
    ])
  func sameForMacOS(_ one: String, _ other: String) async throws {
    // Two writes: the names may be equal as keys of one dictionary.
    try Pack.write([one: "1"], to: home("skills"))
    let error = await refusal(["a/SKILL.md": Self.skill("a"), other: "2"])
    #expect(error.message.contains("differ only by case or by how their letters are composed"))
    #expect(error.remedy?.contains("macOS") == true)
  }

  @Test("Names that only look alike are two names everywhere")
  func different() throws {
    try lock([
      "a/SKILL.md": Self.skill("a"), "a/\u{430}.md": "Cyrillic", "a/a.md": "Latin",
      "a/caf\u{E9}": "1", "a/cafe": "2", "a/x_y": "3", "a/x-y": "4",
    ])
  }

  @Test(
    "The marker's name in any letters, and a repository inside of the pack",
    arguments: [
      "Sluice-Release/x.md", "sluice-release/SKILL.md", "sluice-release", "a/.git/HEAD", "a/.GIT",
    ])
  func reserved(_ path: String) async throws {
    let error = await refusal(["a/SKILL.md": Self.skill("a"), path: "x"])
    #expect(error.message.contains("is part of the pack"))
  }

  @Test("A fault of the pack is seen in a tag that no lock command has seen")
  func inTag() async throws {
    try Pack.write(Pack.plain, to: home("infra/skills"))
    try await Program.git(["init", "-q"], in: home("infra"))
    let lock = try LockWriter(checkout: home("infra")).write(
      openclaw: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil), tenants: [:])
    try Pack.write(["beta/SKILL.md": Self.skill("alpha")], to: home("infra/skills"))
    let tree = try SkillTree.read(home("infra/skills"))
    var changed = lock
    changed.skills.tree = tree.digest
    try Files.replace(home("infra/openclaw.lock"), with: try LockFile.encode(changed))
    try await Program.git(["add", "-A"], in: home("infra"))
    try await Program.git(["commit", "-qm", "by hand"], in: home("infra"))
    try await Program.git(["tag", "hand"], in: home("infra"))
    let checkout = GitCheckout(directory: home("infra"), git: try Program.path("git"))
    let release = try await checkout.fetch(tag: "hand", commit: nil)
    let inspection = try await checkout.inspect(release, scratch: home("scratch"))
    #expect(
      inspection.fault?.hasPrefix(
        "hand:skills/alpha and hand:skills/beta are both the skill \"alpha\"") == true,
      "\(inspection.fault ?? "nil")")
  }
}
