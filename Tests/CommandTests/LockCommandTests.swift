import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

@Suite("sluice lock and what git will hold")
struct LockCommandTests {
  private let directory: TemporaryDirectory
  private var infra: String { directory("infra") }

  init() throws {
    directory = try TemporaryDirectory()
    try write("skills/VERSION", "1.4.2\n")
    try write("skills/greeter/SKILL.md", "---\nname: greeter\ndescription: greets\n---\n")
  }

  private func write(_ name: String, _ text: String) throws {
    try Files.makeDirectory(SplitName(name, in: infra).folder, mode: 0o755)
    try Files.replace("\(infra)/\(name)", with: Array(text.utf8), durable: false)
  }

  private struct SplitName {
    let folder: String
    init(_ name: String, in root: String) {
      folder = ([root] + name.split(separator: "/").dropLast().map(String.init))
        .joined(separator: "/")
    }
  }

  @discardableResult
  private func git(_ arguments: String...) async throws -> String {
    try await CommandWorlds.git(arguments, in: infra)
  }

  private func lock(_ more: String...) async -> (code: ExitCode, messages: String, data: String) {
    let transcript = Transcript()
    let code = await transcript.run(
      ["lock", "--openclaw", "2026.9.6", "--infra", infra] + more)
    return (code, Self.unwrapped(transcript.messages), transcript.data)
  }

  @Test(
    "Ignored files in the pack are named by lock and by --check, with what to do; then all agree")
  func ignored() async throws {
    try await git("init", "-q")
    try write(".gitignore", ".DS_Store\n*.log\n")
    try write("skills/.DS_Store", "junk")
    try write("skills/greeter/debug.log", "junk")
    for option in [[], ["--check"]] {
      let transcript = Transcript()
      let code = await transcript.run(
        ["lock", "--openclaw", "2026.9.6", "--infra", infra] + option)
      #expect(code == .error)
      #expect(
        Self.unwrapped(transcript.messages).contains(
          "git ignores skills/.DS_Store, skills/greeter/debug.log in"))
      #expect(
        Self.unwrapped(transcript.messages).contains(
          "Remove them, or track them: git add -f skills/.DS_Store"))
    }
    #expect(try Files.status(of: "\(infra)/openclaw.lock") == nil)
    // Either way out ends it: the one is tracked, the other removed.
    try await git("add", "-f", "skills/.DS_Store")
    try Files.removeFile("\(infra)/skills/greeter/debug.log")
    #expect(await lock().code == .done)
    try await git("add", "-A")
    try await git("commit", "-qm", "1.4.2")
    #expect(await lock("--check").code == .done)
    #expect(try await committed() == hashed())
  }

  /// Messages as one line: long ones are wrapped.
  private static func unwrapped(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The pack's files of the commit, and those that the manifest lists.
  private func committed() async throws -> [String] {
    try await git("ls-tree", "-r", "--name-only", "HEAD", "skills").split(separator: "\n")
      .map { String($0.dropFirst("skills/".count)) }.sorted()
  }

  private func hashed() throws -> [String] {
    try Files.readText("\(infra)/openclaw.skills.sha256").split(separator: "\n")
      .map { String($0.dropFirst(66)) }.sorted()
  }

  @Test("Untracked files are named with git add, and stop nothing")
  func untracked() async throws {
    try await git("init", "-q")
    let first = await lock()
    #expect(first.code == .done)
    #expect(
      first.messages.contains("git does not track skills/VERSION, skills/greeter/SKILL.md yet"))
    #expect(first.messages.contains("git add skills"))
    try await git("add", "-A")
    #expect(!(await lock().messages.contains("does not track")))
  }

  @Test("A lock that an ignore rule leaves out is told, with git add -f")
  func ignoredLock() async throws {
    try await git("init", "-q")
    try write(".gitignore", "*.lock\n")
    let written = await lock()
    #expect(written.code == .done)
    #expect(written.messages.contains("git ignores openclaw.lock."))
    #expect(written.messages.contains("git add -f openclaw.lock"))
    try await git("add", "-f", "openclaw.lock")
    #expect(!(await lock().messages.contains("git ignores")))
  }

  @Test(
    "Files of which git would store other bytes are refused",
    arguments: [
      ("* text=auto\n", "a\r\nb\r\n", "core.autocrlf"),
      ("*.txt eol=crlf\n", "a\r\nb\r\n", "line endings"),
      ("*.txt filter=lfs\n", "a\n", "the attribute filter=lfs"),
      ("*.txt ident\n", "$Id: x $\n", "$Id$"),
    ])
  func altered(_ attributes: String, _ text: String, _ words: String) async throws {
    try await git("init", "-q")
    try write(".gitattributes", attributes)
    try write("skills/greeter/notes.txt", text)
    let refused = await lock()
    #expect(refused.code == .error)
    #expect(refused.messages.contains("git would store other bytes of skills/greeter/notes.txt"))
    #expect(refused.messages.contains(words), "\(refused.messages)")
    try write(".gitattributes", attributes + "skills/** -text -filter -ident\n")
    #expect(await lock().code == .done)
  }

  @Test("A filter that the checkout configures is not run, but refused")
  func filter() async throws {
    try await git("init", "-q")
    try write(".gitattributes", "*.md filter=evil\n")
    try await git("config", "filter.evil.smudge", "touch \(directory("EVIL")); cat")
    #expect(await lock().code == .done)
    try await git("config", "filter.evil.clean", "touch \(directory("EVIL")); cat")
    let refused = await lock()
    #expect(refused.code == .error && refused.messages.contains("filter=evil runs a program"))
    #expect(try Files.status(of: directory("EVIL")) == nil)
  }

  @Test("A pack without a skill and one with a name twice are refused, and nothing is written")
  func contents() async throws {
    try write("skills/other/SKILL.md", "---\nname: greeter\ndescription: greets too\n---\n")
    let twice = await lock()
    #expect(twice.code == .error)
    #expect(twice.messages.contains("\(infra)/skills/greeter and \(infra)/skills/other are both"))
    try Files.removeTree("\(infra)/skills/other")
    try Files.removeTree("\(infra)/skills/greeter")
    let empty = await lock()
    #expect(empty.code == .error && empty.messages.contains("holds no skill"))
    #expect(try Files.status(of: "\(infra)/openclaw.lock") == nil)
  }

  @Test("The Node that a build wants is named and pinned; an older lock without it is read")
  func node() async throws {
    let package = directory("build/node_modules/openclaw")
    try Files.makeDirectory(package)
    func install(_ engines: String) throws {
      let manifest =
        #"{"version": "2026.9.6", "bin": {"openclaw": "openclaw.mjs"}, "engines": \#(engines)}"#
      try Files.replace("\(package)/package.json", with: Array(manifest.utf8), durable: false)
      try Files.replace("\(package)/openclaw.mjs", with: [], durable: false)
    }
    try install(#"{"node": ">=24.16.0 <25 || >=26.1.0"}"#)
    let pinned = await lock("--build", directory("build"))
    #expect(pinned.code == .done && pinned.data.contains("node     >=24.16.0 <25 || >=26.1.0"))
    let text = try Files.readText("\(infra)/openclaw.lock")
    #expect(text.contains("\"node\": \">=24.16.0 <25 || >=26.1.0\""))
    // Kept by the next lock of the same build.
    #expect(await lock("--check").code == .done)

    try install(#"{"node": ">=soon"}"#)
    #expect(
      await lock("--build", directory("build")).data.contains("Sluice cannot read this range"))
    try install("[1]")
    #expect(!(await lock("--build", directory("build")).data.contains("node ")))
    #expect(!(try Files.readText("\(infra)/openclaw.lock").contains("\"node\"")))
    #expect(await lock("--check").code == .done)
  }
}
