import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("A skill tree and its digest")
struct SkillTreeTests {
  @Test("The digest is the hash of its manifest's lines, sorted by bytes")
  func digest() throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("pack"))
    let tree = try SkillTree.read(home("pack"))
    #expect(tree.digest == Pack.digest(Pack.plain))
    #expect(
      tree.manifest.entries.map(\.path)
        == ["VERSION", "alpha-beta/SKILL.md", "alpha/SKILL.md", "alpha/tool.sh"])
    #expect(tree.executables == ["alpha/tool.sh"])
  }

  @Test("sha256sum agrees with the digest")
  func digestByCoreutils() async throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("pack"))
    let command =
      "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    let outcome = try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", command], environment: ["PATH": "/usr/bin:/bin"], directory: home("pack"))
    )
    try #require(outcome.succeeded)
    #expect(
      "sha256:" + outcome.outputText.prefix(64) == (try SkillTree.read(home("pack"))).digest.text)
  }

  @Test("A manifest proves itself against the digest, and names the first difference")
  func manifest() throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("one"))
    let one = try SkillTree.read(home("one")).manifest
    #expect(SkillManifest(one.bytes, hashingTo: one.digest) == one)
    #expect(SkillManifest(one.bytes + [0x0A], hashingTo: one.digest) == nil)

    func changed(_ change: (inout [String: String]) -> Void) throws -> String? {
      var files = Pack.plain
      change(&files)
      let place = home(Randomness.hexadecimal(bytes: 4))
      try Pack.write(files, to: place)
      return try SkillTree.read(place).manifest.firstDifference(from: one)
    }
    #expect(try changed { _ in } == nil)
    #expect(
      try changed { $0["alpha/tool.sh"] = "x" }
        == "alpha/tool.sh has other content than the lock says")
    #expect(try changed { $0["alpha/SKILL.md"] = nil } == "alpha/SKILL.md is missing")
    #expect(try changed { $0["zulu/SKILL.md"] = "x" } == "zulu/SKILL.md is not in the lock")
  }

  @Test(
    "What could mean something else than it shows is refused by its path",
    arguments: ["link", "hard link", "fifo", "setuid", "setgid", "line feed", "deep"])
  func refused(_ kind: String) async throws {
    let home = try TemporaryDirectory()
    let pack = home("pack")
    try Pack.write(Pack.plain, to: pack)
    var culprit = "\(pack)/alpha/odd"
    switch kind {
    case "link": try #require(symlink("/etc/hosts", culprit) == 0)
    case "hard link":
      try #require(link("\(pack)/VERSION", culprit) == 0)
      culprit = "\(pack)/VERSION"  // the first of the two names by byte order
    case "fifo": try #require(mkfifo(culprit, 0o600) == 0)
    case "setuid", "setgid":
      try Files.create(culprit, with: [1], mode: 0o755)
      try Files.setMode(culprit, kind == "setuid" ? 0o4755 : 0o2755)
    case "line feed":
      culprit = "\(pack)/alpha"
      try Files.create("\(culprit)/a\nb", with: [1], mode: 0o644)
    default:
      culprit = pack + String(repeating: "/d", count: SkillTree.maximumDepth + 1)
      try Files.makeDirectory(culprit)
    }
    let error = await portError { _ = try SkillTree.read(pack) }
    #expect(error.kind == .refused)
    #expect(error.message.hasPrefix(culprit + " "), "\(error.message)")
    #expect(error.remedy != nil)
  }

  @Test("A tree as deep as one may be is read")
  func deepest() throws {
    let home = try TemporaryDirectory()
    let path = [String](repeating: "d", count: SkillTree.maximumDepth) + ["file"]
    try Pack.write([path.joined(separator: "/"): "x"], to: home("pack"))
    #expect(
      try SkillTree.read(home("pack")).manifest.entries.map(\.path) == [path.joined(separator: "/")]
    )
  }

  @Test("A root that is a link, a missing one and an empty one are refused")
  func roots() async throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("pack"))
    try #require(symlink(home("pack"), home("link")) == 0)
    try Files.makeDirectory(home("empty"))
    for name in ["link", "missing", "empty"] {
      let error = await portError { _ = try SkillTree.read(home(name)) }
      #expect(error.kind == .refused)
      #expect(error.message.contains(home(name)))
    }
  }
}
