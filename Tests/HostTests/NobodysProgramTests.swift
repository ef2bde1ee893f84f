import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// An infra repository that names a program under every key that git knows for one, in every file
/// that can hold it. Each leaves a mark when it runs.
private struct BoobyTrap {
  let home: TemporaryDirectory
  let openclaw = ReleaseLock.OpenClaw(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil)

  /// Values that git hands to a shell, or runs as a program: each gets a script of its own.
  static let keys = [
    "filter.trap.smudge", "filter.trap.clean", "filter.served.process", "diff.trap.textconv",
    "diff.trap.command", "diff.external", "merge.trap.driver", "core.fsmonitor",
    "core.sshCommand", "core.gitProxy", "core.askPass", "core.pager", "core.editor",
    "core.alternateRefsCommand", "sequence.editor", "credential.helper",
    "credential.https://example.test.helper", "gpg.program", "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
    "remote.origin.receivepack", "interactive.diffFilter", "trailer.trap.command",
    "tar.tar.gz.command", "browser.trap.cmd", "difftool.trap.cmd", "mergetool.trap.cmd",
    "man.trap.cmd", "sendemail.smtpServer", "hook.trap.command", "pager.status", "pager.tag",
  ]
  static let hooks = [
    "post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc", "post-rewrite",
    "fsmonitor-watchman", "post-merge", "pre-commit", "post-update", "update", "pre-receive",
    "post-receive", "proc-receive", "push-to-checkout", "sendemail-validate",
  ]
  static let attributes = "*.txt filter=trap diff=trap merge=trap\n*.md filter=served\n"

  init() throws { home = try TemporaryDirectory() }

  func script(_ name: String, writing output: String = "exec cat") throws -> String {
    let file = name.map { $0.isLetter || $0.isNumber ? $0 : "-" }
    let path = home("programs/\(String(file))")
    try Files.makeDirectory(home("programs"))
    try Files.makeDirectory(home("ran"))
    let text = "#!/bin/sh\n: > \(home("ran/\(String(file))"))\n\(output)\n"
    try Files.replace(path, with: Array(text.utf8), mode: 0o755, durable: false)
    return path
  }

  /// The marks of what ran.
  var ran: [String] { (try? Files.names(in: home("ran"))) ?? [] }

  /// Two releases, `r1.4.2` and `r1.4.3`; a submodule that git looks into.
  func makeRepository() async throws {
    var pack = Pack.plain
    pack["alpha/notes.txt"] = "plain text\n"
    try Pack.write(pack, to: home("infra/skills"))
    try Pack.write([".gitattributes": Self.attributes], to: home("infra"))
    try await Program.git(["init", "-q"], in: home("infra"))
    try Pack.write(
      ["file.txt": "inside\n", ".gitattributes": Self.attributes], to: home("infra/part"))
    try await Program.git(["init", "-q"], in: home("infra/part"))
    try await Program.git(["add", "-A"], in: home("infra/part"))
    try await Program.git(["commit", "-qm", "part"], in: home("infra/part"))
    try await lockAndCommit("1.4.2")
    try Pack.write(["alpha/notes.txt": "other text\n"], to: home("infra/skills"))
    try await lockAndCommit("1.4.3")
  }

  func lockAndCommit(_ version: String) async throws {
    _ = try LockWriter(checkout: home("infra")).write(
      openclaw: openclaw, skillsVersion: version, tenants: [:])
    try await Program.git(["-c", "advice.addEmbeddedRepo=false", "add", "-A"], in: home("infra"))
    try await Program.git(["commit", "-qm", version], in: home("infra"))
    try await Program.git(["tag", "-am", version, "r\(version)"], in: home("infra"))
  }

  /// Sets every trap in a repository: its configuration, a file that it includes, its worktree
  /// configuration, and both directories of hooks.
  func set(in repository: String) async throws {
    let directory = home(repository)
    let hooks = home("hooks-of-\(repository == "infra/part" ? "part" : repository)")
    for key in Self.keys {
      try await Program.git(
        ["config", key, try script("\(repository)-\(key)")], in: directory)
    }
    try await Program.git(["config", "hook.trap.event", "reference-transaction"], in: directory)
    for verb in ["status", "rev-parse", "checkout", "fetch", "ls-files", "for-each-ref"] {
      try await Program.git(
        ["config", "alias.\(verb)", "!\(try script("\(repository)-alias-\(verb)"))"], in: directory)
    }
    let included = "[filter \"trap\"]\n\tsmudge = \(try script("\(repository)-included"))\n"
    try Files.replace("\(directory)/.git/included", with: Array(included.utf8))
    try await Program.git(["config", "include.path", "included"], in: directory)
    try await Program.git(["config", "core.hooksPath", hooks], in: directory)
    try Files.makeDirectory(hooks)
    for hook in Self.hooks {
      for place in ["\(directory)/.git/hooks", hooks] {
        let body = Array(
          try Files.readText(try script("\(repository)-hook-\(hook)", writing: "exit 0")).utf8)
        try Files.replace("\(place)/\(hook)", with: body, mode: 0o755, durable: false)
      }
    }
    let worktree = "[core]\n\tfsmonitor = \(try script("\(repository)-worktree"))\n"
    try Files.replace("\(directory)/.git/config.worktree", with: Array(worktree.utf8))
    try await Program.git(["config", "extensions.worktreeConfig", "true"], in: directory)
  }

  func checkout(_ name: String) throws -> GitCheckout {
    GitCheckout(directory: home(name), git: try Program.path("git"))
  }
}

@Suite("Git runs no program that a repository names")
struct NobodysProgramTests {
  private let trap: BoobyTrap

  init() throws { trap = try BoobyTrap() }

  private func touchEverything(_ directory: String) throws {
    // Another time of change makes git compare the content, and so run what cleans it.
    for path in ["skills/alpha/notes.txt", "skills/alpha/SKILL.md"] {
      let bytes = try Files.read("\(directory)/\(path)")
      try Files.replace("\(directory)/\(path)", with: bytes, durable: false)
    }
  }

  @Test("Lock, plan, fetch, placing and swing run none of fifty programs, in writer and host")
  func none() async throws {
    try await trap.makeRepository()
    try await Program.git(
      ["clone", "-q", trap.home("infra"), trap.home("host")], in: trap.home.path)
    try await Program.git(["tag", "-d", "r1.4.3"], in: trap.home("host"))
    try await Program.git(["checkout", "-q", "r1.4.2"], in: trap.home("host"))
    for repository in ["infra", "host", "infra/part"] { try await trap.set(in: repository) }
    let (writer, host) = (try trap.checkout("infra"), try trap.checkout("host"))

    _ = try LockWriter(checkout: trap.home("infra")).lock(
      openclaw: trap.openclaw, skillsVersion: "1.4.3", tenants: [:])
    try touchEverything(trap.home("infra"))
    try Pack.write(["file.txt": "inside\n"], to: trap.home("infra/part"))
    #expect(try await writer.state().dirty == [])
    let release = try await writer.fetch(tag: "r1.4.3", commit: nil)
    #expect(try await writer.release(at: release.commit) == release)
    let pack = try await writer.inspect(release, scratch: trap.home("scratch"))
    #expect(pack.fault == nil)

    try touchEverything(trap.home("host"))
    #expect(try await host.state().dirty == [])
    #expect(try await host.fetch(tag: "r1.4.3", commit: release.commit) == release)
    #expect(try await host.fault(of: release) == nil)
    try await host.export(release, to: trap.home("placed"))
    #expect(try SkillTree.read(trap.home("placed")).digest == release.lock.skills.tree)
    try await host.checkOut(release)
    #expect(try await host.state().commit == release.commit)
    let text = try Files.readText(trap.home("host/skills/alpha/notes.txt"))
    #expect(text == "other text\n")
    #expect(trap.ran == [])
  }

  @Test("The traps are live: git by itself runs them in the same repository")
  func control() async throws {
    try await trap.makeRepository()
    try await trap.set(in: "infra")
    try touchEverything(trap.home("infra"))
    _ = try? await Program.git(["status"], in: trap.home("infra"))
    _ = try? await Program.git(["checkout", "-qf", "r1.4.2"], in: trap.home("infra"))
    let wanted = ["infra-filter-trap-clean", "infra-hook-post-checkout", "infra-included"]
    for mark in wanted { #expect(trap.ran.contains(mark), "\(trap.ran)") }
  }

  @Test(
    "An address that names a program is refused without running it",
    arguments: [
      "ext::PROGRAM", "ext::sh -c PROGRAM", "trap::anything", "ssh://127.0.0.1:9/nowhere",
      "git://127.0.0.1:9/nowhere", "127.0.0.1:nowhere", "--upload-pack=PROGRAM",
    ])
  func addresses(_ address: String) async throws {
    try await trap.makeRepository()
    try await trap.set(in: "infra")
    let program = try trap.script("address")
    let url = String(
      address.split(separator: "PROGRAM", omittingEmptySubsequences: false)
        .joined(separator: program))
    try await Program.git(["config", "remote.origin.url", url], in: trap.home("infra"))
    try await Program.git(["config", "protocol.allow", "always"], in: trap.home("infra"))
    let error = await portError {
      _ = try await trap.checkout("infra").fetch(tag: "r9", commit: nil)
    }
    #expect(error.kind == .unreachable, "\(error)")
    #expect(error.remedy?.contains("core.sshcommand") == true, "\(error)")
    #expect(trap.ran == [])
  }

  @Test("An address that the configuration rewrites into a program is refused, too")
  func rewritten() async throws {
    try await trap.makeRepository()
    let program = try trap.script("rewritten")
    try await Program.git(
      ["config", "remote.origin.url", "https://example.test/infra"], in: trap.home("infra"))
    try await Program.git(
      ["config", "url.ext::\(program) .insteadOf", "https://example.test/"],
      in: trap.home("infra"))
    let error = await portError {
      _ = try await trap.checkout("infra").fetch(tag: "r9", commit: nil)
    }
    #expect(error.kind == .unreachable && error.message.contains("ext"), "\(error)")
    #expect(trap.ran == [])
  }

  @Test("A linked worktree is read by its own HEAD and index, without the repository's programs")
  func worktree() async throws {
    try await trap.makeRepository()
    try await Program.git(
      ["worktree", "add", "-q", "--detach", trap.home("tree"), "r1.4.2"], in: trap.home("infra"))
    try await trap.set(in: "infra")
    let tree = try trap.checkout("tree")
    let (older, newer) = (
      try await tree.fetch(tag: "r1.4.2", commit: nil),
      try await tree.fetch(tag: "r1.4.3", commit: nil)
    )
    try touchEverything(trap.home("tree"))
    #expect(try await tree.state().commit == older.commit)
    try await tree.checkOut(newer)
    #expect(try await tree.state().commit == newer.commit)
    #expect(try await trap.checkout("infra").state().commit == newer.commit)
    #expect(trap.ran == [])
  }

  @Test("What names no program is still obeyed: line ends, ignored files, another way of hashing")
  func obeyed() async throws {
    try Pack.write(Pack.plain, to: trap.home("infra/skills"))
    try Pack.write([".gitattributes": "*.md text eol=crlf\n"], to: trap.home("infra"))
    try await Program.git(["init", "-q", "--object-format=sha256"], in: trap.home("infra"))
    try await Program.git(["config", "core.fileMode", "false"], in: trap.home("infra"))
    try await trap.lockAndCommit("1.4.2")
    try Pack.write([".git/info/exclude": "ignored\n", "ignored": "x"], to: trap.home("infra"))
    try Files.setMode(trap.home("infra/skills/alpha/tool.sh"), 0o644)
    let checkout = try trap.checkout("infra")
    let release = try await checkout.fetch(tag: "r1.4.2", commit: nil)
    #expect(release.commit.utf8.count == 64)
    #expect(try await checkout.state().dirty == [])
    try await checkout.export(release, to: trap.home("out"))
    let text = try Files.readText(trap.home("out/alpha/SKILL.md"))
    #expect(text.contains("name: alpha\r\n"))
  }

  @Test("Nothing is left behind, in the repository and where temporary files are")
  func tidy() async throws {
    try await trap.makeRepository()
    let before = try Files.names(in: trap.home("infra/.git"))
    let checkout = try trap.checkout("infra")
    _ = try await checkout.state()
    _ = await portError { _ = try await checkout.fetch(tag: "r9", commit: nil) }
    #expect(try Files.names(in: trap.home("infra/.git")) == before)
  }
}
