import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("The infra checkout")
struct GitCheckoutTests {
  private let home: TemporaryDirectory
  private let openclaw = ReleaseLock.OpenClaw(
    version: "2026.9.6", daemon: nil, cli: nil, schemas: ["state": 18])

  init() throws { home = try TemporaryDirectory() }

  private func checkout(_ name: String = "infra") throws -> GitCheckout {
    GitCheckout(directory: home(name), git: try Program.path("git"))
  }

  /// A repository with the plain pack, locked and committed; gives the commit.
  private func makeRepository(_ name: String = "infra") async throws -> String {
    try Pack.write(Pack.plain, to: home("\(name)/skills"))
    try await Program.git(["init", "-q"], in: home(name))
    return try await lockAndCommit("1.4.2", name)
  }

  private func lockAndCommit(_ version: String, _ name: String = "infra") async throws -> String {
    _ = try LockWriter(checkout: home(name)).write(
      openclaw: openclaw, skillsVersion: version, tenants: ["acme": .zero])
    try await Program.git(["add", "-A"], in: home(name))
    try await Program.git(["commit", "-qm", version], in: home(name))
    try await Program.git(["tag", "-am", version, "r\(version)"], in: home(name))
    return try await Program.git(["rev-parse", "HEAD"], in: home(name))
  }

  @Test("A tag gives the release that its commit's lock pins")
  func release() async throws {
    let commit = try await makeRepository()
    let release = try await checkout().fetch(tag: "r1.4.2", commit: nil)
    #expect(release.commit == commit)
    #expect(release.lock.skills == .init(version: "1.4.2", tree: Pack.digest(Pack.plain)))
    #expect(release.lock.openclaw == openclaw)
    #expect(release.lockDigest == Digest(of: try Files.read(home("infra/openclaw.lock"))))
    #expect(try await checkout().fetch(tag: "r1.4.2", commit: commit) == release)
  }

  @Test("The tag comes from the remote when it is not here")
  func fetchRemote() async throws {
    _ = try await makeRepository()
    try await Program.git(["clone", "-q", home("infra"), home("host")], in: home.path)
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    let commit = try await lockAndCommit("1.4.3")
    let release = try await checkout("host").fetch(tag: "r1.4.3", commit: commit)
    #expect(release.lock.skills.version == "1.4.3")

    let missing = await portError { _ = try await checkout("host").fetch(tag: "r9", commit: nil) }
    #expect(missing.kind == .refused && missing.message.contains("remote origin has the tag r9"))
    #expect(missing.remedy == "Push it: git push origin r9.")

    try Files.rename(home("infra"), to: home("gone"))
    let lost = await portError { _ = try await checkout("host").fetch(tag: "r9", commit: nil) }
    #expect(lost.kind == .unreachable)
    #expect(try await checkout("host").fetch(tag: "r1.4.3", commit: commit) == release)
  }

  @Test("A tag that names another commit than the writer's is refused, naming both")
  func movedTag() async throws {
    let first = try await makeRepository()
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    let second = try await lockAndCommit("1.4.3")
    let error = await portError { _ = try await checkout().fetch(tag: "r1.4.3", commit: first) }
    #expect(error.kind == .refused)
    #expect(error.message.contains(first.prefix(12)) && error.message.contains(second.prefix(12)))
  }

  @Test("A missing tag, a bad name, no checkout and no lock are refused with what to do")
  func refusals() async throws {
    _ = try await makeRepository()
    try await Program.git(["rm", "-q", "openclaw.lock"], in: home("infra"))
    try await Program.git(["commit", "-qm", "no lock"], in: home("infra"))
    try await Program.git(["tag", "bare"], in: home("infra"))
    try Files.makeDirectory(home("infra/inside"))
    let cases: [(String, String, String)] = [
      ("infra", "nope", "has no tag nope"),
      ("infra", "--upload-pack=x", "cannot be a release's tag"),
      ("infra", "a..b", "cannot be a release's tag"), ("infra", "bare", "has no openclaw.lock"),
      ("elsewhere", "r1", "is no git checkout"), ("infra/inside", "r1.4.2", "is no git checkout"),
    ]
    for (place, tag, message) in cases {
      let error = await portError { _ = try await checkout(place).fetch(tag: tag, commit: nil) }
      #expect(error.kind == .refused && error.message.contains(message), "\(error)")
      #expect(error.remedy != nil)
    }
  }

  @Test("An export is the commit's tree, whatever the checkout holds, and touches nothing there")
  func export() async throws {
    let commit = try await makeRepository()
    let release = try await checkout().fetch(tag: "r1.4.2", commit: commit)
    try Pack.write(
      ["alpha/SKILL.md": "uncommitted", "more/SKILL.md": "x"], to: home("infra/skills"))
    let before = try await checkout().state()
    try await checkout().export(release, to: home("out"))
    #expect(try SkillTree.read(home("out")).digest == release.lock.skills.tree)
    #expect(try SkillTree.read(home("out")).executables == ["alpha/tool.sh"])
    #expect(try await checkout().state() == before)
    #expect(before.dirty == ["skills/alpha/SKILL.md", "skills/more/SKILL.md"])
    #expect(try Files.names(in: home.path) == ["infra", "out", "out.sha256"])

    let store = DirectorySliceStore(root: home("skills"))
    #expect(try await store.place(from: home("out"), marker: release.marker, token: "a"))
  }

  @Test("A pack changed after locking is told by its file when it is placed")
  func staleLock() async throws {
    _ = try await makeRepository()
    try Pack.write(["alpha/tool.sh": "late"], to: home("infra/skills"))
    try await Program.git(["commit", "-qam", "late"], in: home("infra"))
    try await Program.git(["tag", "late"], in: home("infra"))
    let release = try await checkout().fetch(tag: "late", commit: nil)
    try await checkout().export(release, to: home("out"))
    let store = DirectorySliceStore(root: home("skills"))
    let error = await portError {
      _ = try await store.place(from: home("out"), marker: release.marker, token: "a")
    }
    #expect(error.message.contains("alpha/tool.sh has other content than the lock says"))
    #expect(error.remedy?.contains("sluice lock") == true)
  }

  @Test("A link in the commit's pack is refused by its path when it is placed")
  func linkInPack() async throws {
    _ = try await makeRepository()
    let release = try await checkout().fetch(tag: "r1.4.2", commit: nil)
    try Files.swingLink(home("infra/skills/alpha/odd"), to: "/etc/hosts", token: "x")
    try await Program.git(["add", "-A"], in: home("infra"))
    try await Program.git(["commit", "-qm", "link"], in: home("infra"))
    var linked = release
    linked.commit = try await Program.git(["rev-parse", "HEAD"], in: home("infra"))
    try await checkout().export(linked, to: home("out"))
    let error = await portError { _ = try SkillTree.read(home("out")) }
    #expect(error.message == "\(home("out"))/alpha/odd is a symbolic link")
  }

  @Test("A dirty checkout is not moved, and what differs is named")
  func dirty() async throws {
    let first = try await makeRepository()
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    _ = try await lockAndCommit("1.4.3")
    let release = try await checkout().fetch(tag: "r1.4.2", commit: first)
    try Pack.write(["notes é.txt": "x"], to: home("infra"))
    let error = await portError { try await checkout().checkOut(release) }
    #expect(error.kind == .refused && error.message.contains("notes é.txt"))
    try Pack.write(["x1": "x", "x2": "x", "x3": "x"], to: home("infra"))
    let many = await portError { try await checkout().checkOut(release) }
    #expect(many.message.hasSuffix("no commit holds: notes é.txt, x1, x2 and 1 more"), "\(many)")
    for name in ["x1", "x2", "x3"] { try Files.removeFile(home("infra/\(name)")) }

    try Files.removeFile(home("infra/notes é.txt"))
    try await checkout().checkOut(release)
    let state = try await checkout().state()
    #expect(state.commit == first && state.lockDigest == release.lockDigest && state.dirty.isEmpty)
    #expect(state.lock == release.lock)
    try await checkout().checkOut(release)
  }

  @Test("A tag is looked at without the network: here, at another commit, or to be fetched")
  func lookAtTag() async throws {
    let first = try await makeRepository()
    #expect(try await checkout().look(atTag: "r1.4.2") == TagLook(commit: first, remote: nil))
    #expect(try await checkout().look(atTag: "nope") == TagLook(commit: nil, remote: nil))
    try await Program.git(["clone", "-q", home("infra"), home("host")], in: home.path)
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    let second = try await lockAndCommit("1.4.3")
    let host = try checkout("host")
    #expect(try await host.look(atTag: "r1.4.3") == TagLook(commit: nil, remote: "origin"))
    try await Program.git(["tag", "r1.4.3", first], in: home("host"))
    try Files.rename(home("infra"), to: home("gone"))
    let stale = try await host.look(atTag: "r1.4.3")
    #expect(stale.commit == first && stale.commit != second)
    let missing = await portError { _ = try await checkout("nowhere").look(atTag: "r1") }
    #expect(missing.message.contains("is no git checkout"))
  }

  @Test("A shallow clone is told as one, and not as a missing tag")
  func shallow() async throws {
    let first = try await makeRepository()
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    let second = try await lockAndCommit("1.4.3")
    try await Program.git(
      ["clone", "-q", "--depth", "1", "--no-tags", "file://\(home("infra"))", home("shallow")],
      in: home.path)
    let shallow = try checkout("shallow")
    let fetch = "git -C \(home("shallow")) fetch --unshallow --tags"
    #expect(try await shallow.release(at: first) == nil)
    let lacking = try await shallow.reasonOfNoRelease(at: first)
    #expect(lacking.contains("is a shallow clone, and it lacks commit \(first.prefix(12))"))
    #expect(lacking.hasSuffix(fetch), "\(lacking)")
    // The commit is there, its tag is not.
    let untagged = try await shallow.reasonOfNoRelease(at: second)
    #expect(untagged.contains("shallow clone") && untagged.hasSuffix(fetch), "\(untagged)")
    let release = try await checkout().fetch(tag: "r1.4.2", commit: first)
    #expect(try await shallow.fault(of: release)?.contains("shallow clone") == true)
    // The remedy works.
    try await Program.git(["fetch", "-q", "--unshallow", "--tags"], in: home("shallow"))
    #expect(try await shallow.release(at: first) == release)
  }

  @Test("A whole clone that lacks the commit is told to fetch; one that lacks the tag, to tag")
  func noRelease() async throws {
    let first = try await makeRepository()
    let absent = String(repeating: "a", count: 40)
    let lacking = try await checkout().reasonOfNoRelease(at: absent)
    #expect(lacking.contains("lacks commit") && lacking.hasSuffix("fetch --tags"), "\(lacking)")
    try await Program.git(["tag", "-d", "r1.4.2"], in: home("infra"))
    let untagged = try await checkout().reasonOfNoRelease(at: first)
    #expect(untagged.hasPrefix("no tag with a lock names commit \(first.prefix(12))"))
  }

  @Test("A pack that a filter would make is told by its file, and not to be locked again")
  func filtered() async throws {
    _ = try await makeRepository()
    try Pack.write([".gitattributes": "*.bin filter=lfs -text\n"], to: home("infra"))
    try Pack.write(["alpha/model.bin": "whole\n"], to: home("infra/skills"))
    // As Git LFS leaves it: a pointer is committed, and the whole file stands in the tree.
    try await Program.git(["config", "filter.lfs.clean", "echo pointer"], in: home("infra"))
    _ = try await lockAndCommit("1.5.0")
    let release = try await checkout().fetch(tag: "r1.5.0", commit: nil)
    let pack = try await checkout().inspect(release, scratch: home("scratch"))
    let fault = try #require(pack.fault)
    #expect(fault.contains("skills/alpha/model.bin (lfs)"), "\(fault)")
    #expect(fault.contains("keep the pack's files in git as they are"))
  }

  @Test("A pack's size is what its files take on a disk")
  func size() async throws {
    _ = try await makeRepository()
    let release = try await checkout().fetch(tag: "r1.4.2", commit: nil)
    let pack = try await checkout().inspect(release, scratch: home("scratch"))
    // Four small files and two folders, a block each.
    #expect(pack.bytes >= 6 * 4096 && pack.bytes <= 12 * 4096)
    let rooms = [0, 1, 4095, 4096, 8191, 8192].map(PackInspection.room(for:))
    #expect(rooms == [4096, 4096, 4096, 8192, 8192, 12_288])
  }

  @Test("A commit that is not here is neither exported nor checked out, and is told to be fetched")
  func missingCommit() async throws {
    _ = try await makeRepository()
    var release = try await checkout().fetch(tag: "r1.4.2", commit: nil)
    for commit in [String(repeating: "a", count: 40), "HEAD"] {
      release.commit = commit
      let export = await portError { try await checkout().export(release, to: home("out")) }
      let move = await portError { try await checkout().checkOut(release) }
      #expect(export == move && export.kind == .refused)
      #expect(export.message == "the commit \(commit) of r1.4.2 is not in \(home("infra"))")
      #expect(export.remedy == "Fetch the tag there first.")
    }
    #expect(try Files.names(in: home.path) == ["infra"])
  }

  @Test("A partial clone is told as one, when the files that it lacks are needed")
  func partial() async throws {
    _ = try await makeRepository()
    try await Program.git(["config", "uploadpack.allowFilter", "true"], in: home("infra"))
    try await Program.git(
      [
        "clone", "-q", "--no-checkout", "--filter=blob:none", "file://\(home("infra"))",
        home("partial"),
      ], in: home.path)
    let release = try await checkout().fetch(tag: "r1.4.2", commit: nil)
    let error = await portError {
      try await checkout("partial").export(release, to: home("out"))
    }
    #expect(error.kind == .refused && error.message.contains("is a partial clone"), "\(error)")
    #expect(error.remedy?.contains("--refetch --no-filter") == true)
  }

  @Test("A host without a checkout says so without an error")
  func noCheckout() async throws {
    #expect(
      try await checkout().state() == .init(commit: nil, lockDigest: nil, lock: nil, dirty: []))
    try Pack.write(Pack.plain, to: home("infra/skills"))
    let manifest = try SkillTree.read(home("infra/skills")).manifest
    #expect(try await checkout().tracking(of: manifest) == nil)
  }

  @Test("No hook of the repository runs")
  func hooks() async throws {
    let first = try await makeRepository()
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: home("infra/skills"))
    _ = try await lockAndCommit("1.4.3")
    let hook = "#!/bin/sh\ntouch \(home("hooked"))\n"
    try Files.replace(
      home("infra/.git/hooks/post-checkout"), with: Array(hook.utf8), mode: 0o755)
    try await checkout().checkOut(try await checkout().fetch(tag: "r1.4.2", commit: first))
    #expect(try Files.status(of: home("hooked")) == nil)
  }
}

@Suite("The lock as a file")
struct LockFileTests {
  private let lock = ReleaseLock(
    openclaw: .init(version: "2026.9.6", daemon: .zero, cli: nil, schemas: ["state": 18]),
    skills: .init(version: "1.4.2", tree: .zero), tenants: ["acme": .zero])

  @Test("The same lock always gives the same bytes, sorted and ended by one line feed")
  func bytes() throws {
    let bytes = try LockFile.encode(lock)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasPrefix("{\n  \"openclaw\": {\n    \"daemon\": \"sha256:000"))
    #expect(text.hasSuffix("}\n") && !text.hasSuffix("\n\n"))
    #expect(try LockFile.decode(bytes, file: "x") == lock)
    #expect(try LockFile.encode(try LockFile.decode(bytes, file: "x")) == bytes)
  }

  @Test(
    "A lock that is not quite one is refused, naming the file and the field",
    arguments: [
      ("\"sluice.lock/1\"", "\"sluice.lock/2\"", "schema"),
      ("\"2026.9.6\"", "\"latest\"", "openclaw.version"),
      ("\"1.4.2\"", "\"../x\"", "skills.version"), ("\"1.4.2\"", "14", "skills.version"),
      ("\"acme\"", "\"../acme\"", "tenants"), ("\"sluice.probe/1\"", "\"x\"", "probe.schema"),
      ("\"tree\": \"sha256:", "\"tree\": \"sha256:F", "skills.tree"),
      ("\"tree\"", "\"tre\"", "\"tree\" is missing"),
      ("\"tenants\": {", "\"tenants\": [", "r1:lock:18:"),
      ("\"state\": 18", "\"state\": 18, \"state\": 19", "r1:lock:5:"),
    ])
  func refused(_ old: String, _ new: String, _ field: String) async throws {
    let text = String(decoding: try LockFile.encode(lock), as: UTF8.self)
    let range = try #require(text.firstRange(of: old))
    let altered = text.replacingSubrange(range, with: new)
    let error = await portError { _ = try LockFile.decode(Array(altered.utf8), file: "r1:lock") }
    #expect(error.kind == .refused)
    #expect(error.message.hasPrefix("r1:lock:") && error.message.contains(field), "\(error)")
  }

  @Test("Unknown keys of a later version are passed over")
  func unknownKeys() throws {
    let text = String(decoding: try LockFile.encode(lock), as: UTF8.self)
    let longer = "{\"added\":{\"a\":1}," + text.dropFirst()
    #expect(try LockFile.decode(Array(longer.utf8), file: "x") == lock)
  }

  @Test("The pack's version comes from its own file, strictly")
  func versionFile() async throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("skills"))
    let writer = LockWriter(checkout: home.path)
    #expect(try writer.lock(openclaw: lock.openclaw, tenants: [:]).lock.skills.version == "1.4.2")
    try Pack.write(["VERSION": "v1.4\n"], to: home("skills"))
    let error = await portError { _ = try writer.lock(openclaw: lock.openclaw, tenants: [:]) }
    #expect(error.message.contains("skills/VERSION holds no version"))
  }
}

extension String {
  fileprivate func replacingSubrange(_ range: Range<Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
