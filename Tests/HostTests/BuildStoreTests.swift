import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("OpenClaw's builds on a host")
struct BuildStoreTests {
  let home: TemporaryDirectory
  let store: DirectoryBuildStore

  init() throws {
    home = try TemporaryDirectory()
    store = DirectoryBuildStore(root: home("builds"))
  }

  /// As npm leaves one, as small as it goes.
  static func install(
    _ version: String, at directory: String, schemas: String? = #"{"state": 17, "agent": 19}"#
  ) throws {
    let package = "\(directory)/node_modules/openclaw"
    try Files.makeDirectory("\(package)/dist")
    try Files.makeDirectory("\(directory)/node_modules/.bin")
    let openclaw = schemas.map { #""openclaw": {"schemaVersions": \#($0)}, "# } ?? ""
    let manifest =
      #"{"name": "openclaw", "version": "\#(version)", \#(openclaw)"bin": {"openclaw": "openclaw.mjs"}, "#
      + #""weight": 1.5}"#
    for (path, text) in [
      ("package.json", manifest), ("openclaw.mjs", "import './dist/entry.js'\n"),
      ("dist/entry.js", "// \(version)\n"),
      ("dist/build-info.json", #"{"buildId": "\#(version)-release-abc"}"#),
    ] {
      try Files.replace("\(package)/\(path)", with: Array(text.utf8), durable: false)
    }
    try Files.swingLink(
      "\(directory)/node_modules/.bin/openclaw", to: "../openclaw/openclaw.mjs", token: "t")
  }

  private func install(_ version: String) throws {
    try Self.install(version, at: home("builds/\(version)"))
  }

  @Test(
    "version, schemas, build id and digests come from the package; the digests by their definition")
  func reading() async throws {
    try install("2026.9.4")
    let build = try await store.read("2026.9.4")
    #expect(build.version == "2026.9.4" && build.schemas == ["state": 17, "agent": 19])
    #expect(build.build == "2026.9.4-release-abc")
    let modules = home("builds/2026.9.4/node_modules")
    #expect(build.cli == Digest(of: try Files.read("\(modules)/openclaw/openclaw.mjs")))
    var lines = "link ../openclaw/openclaw.mjs  .bin/openclaw\n"
    for path in [
      "openclaw/dist/build-info.json", "openclaw/dist/entry.js", "openclaw/openclaw.mjs",
      "openclaw/package.json",
    ] {
      let digest = Digest(of: try Files.read("\(modules)/\(path)")).text.dropFirst(7)
      lines += "\(digest)  \(path)\n"
    }
    #expect(build.daemon == Digest(of: Array(lines.utf8)))
  }

  @Test("any change of a file shows, npm's own record of the install and Finder's files do not")
  func changes() async throws {
    try install("2026.9.4")
    let first = try await store.read("2026.9.4")
    let modules = home("builds/2026.9.4/node_modules")
    try Files.replace("\(modules)/.package-lock.json", with: Array("{}".utf8))
    try Files.replace("\(modules)/openclaw/.DS_Store", with: [1])
    #expect(try await store.read("2026.9.4") == first)
    try Files.replace("\(modules)/openclaw/dist/entry.js", with: Array("// 2026.9.5\n".utf8))
    let second = try await store.read("2026.9.4")
    #expect(second.daemon != first.daemon && second.cli == first.cli)
    try Files.makeDirectory("\(modules)/left-pad")
    try Files.replace("\(modules)/left-pad/index.js", with: [])
    #expect(try await store.read("2026.9.4").daemon != second.daemon)
  }

  /// The record stands in for the files: only a store that reads them would see their digest.
  @Test("another agent takes a build as it was proven, and reads a build that was altered since")
  func proofs() async throws {
    try install("2026.9.4")
    try install("2026.9.6")
    let record = home("build-proofs.json")
    let first = try await DirectoryBuildStore(root: home("builds"), record: record)
      .read("2026.9.4")
    var kept = BuildProofs.read(record)
    #expect(kept.proofs["2026.9.4"]?.build == first && kept.proofs.count == 1)
    var marked = first
    marked.daemon = .zero
    kept.proofs["2026.9.4"]?.build = marked
    kept.write(record)
    let next = DirectoryBuildStore(root: home("builds"), record: record)
    #expect(try await next.read("2026.9.4") == marked)
    try Files.replace(
      home("builds/2026.9.4/node_modules/openclaw/dist/entry.js"), with: Array("// x\n".utf8))
    let again = DirectoryBuildStore(root: home("builds"), record: record)
    let found = try await again.read("2026.9.4")
    #expect(found.daemon != .zero && found.daemon != first.daemon)
    _ = try await again.read("2026.9.6")
    try Files.removeTree(home("builds/2026.9.4"))
    try install("2026.9.7")
    _ = try await again.read("2026.9.7")
    #expect(BuildProofs.read(record).proofs.keys.sorted() == ["2026.9.6", "2026.9.7"])
    try Files.replace(record, with: Array("nonsense".utf8))
    #expect(BuildProofs.read(record).proofs.isEmpty)
  }

  @Test("a build may lie elsewhere and be linked to, with the same digests")
  func elsewhere() async throws {
    try install("2026.9.4")
    let digests = try await store.read("2026.9.4")
    let other = DirectoryBuildStore(root: home("other"))
    try Files.makeDirectory(home("other"))
    try Files.swingLink(home("other/2026.9.4"), to: home("builds/2026.9.4"), token: "t")
    #expect(try await other.read("2026.9.4") == digests)
    try await other.swing(to: "2026.9.4", token: "p/1")
    #expect(try await other.current() == "2026.9.4")
  }

  @Test("what is no build is listed with its fault, what is no version not at all")
  func faults() async throws {
    try install("2026.9.4")
    try Self.install("2026.9.5", at: home("builds/2026.9.6"))
    try Files.makeDirectory(home("builds/2026.9.7"))
    try Files.makeDirectory(home("builds/old"))
    let builds = try await store.builds()
    #expect(builds.map(\.version) == ["2026.9.4", "2026.9.6", "2026.9.7"])
    #expect(builds[0].fault == nil && builds[0].found?.version == "2026.9.4")
    #expect(builds[1].fault?.contains("holds OpenClaw 2026.9.5") == true)
    #expect(builds[2].fault?.contains("node_modules") == true)
  }

  @Test("a package without schemas says nothing of them")
  func silent() async throws {
    try Self.install("2026.7.1-2", at: home("builds/2026.7.1-2"), schemas: nil)
    #expect(try await store.read("2026.7.1-2").schemas == nil)
  }

  @Test("the link moves in one step, only to what is there, and reads back")
  func swing() async throws {
    try install("2026.9.4")
    try install("2026.9.6")
    #expect(try await store.current() == nil)
    for version in ["2026.9.4", "2026.9.6", "2026.9.6"] {
      try await store.swing(to: version, token: "p/1")
      #expect(try await store.current() == version)
    }
    let missing = await portError { try await store.swing(to: "2026.9.9", token: "p/2") }
    #expect(missing.kind == .refused && missing.remedy?.contains("npm install") == true)
    let escape = await portError { try await store.swing(to: "../2026.9.4", token: "p/3") }
    #expect(escape.kind == .refused)
    #expect(try await store.current() == "2026.9.6")
  }

  @Test("a link to somewhere else is refused in words")
  func foreignLink() async throws {
    try install("2026.9.4")
    try Files.swingLink(home("builds/current"), to: "/opt/2026.9.4", token: "t")
    let error = await portError { _ = try await store.current() }
    #expect(error.kind == .refused && error.message.contains("no build of"))
  }
}
