import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A slice that was placed by hand")
struct SliceByHandTests {
  private let home: TemporaryDirectory
  private let store: DirectorySliceStore
  private let marker = Marker(version: "1.4.2", tree: Pack.digest(Pack.plain))
  private var slice: String { home("skills/1.4.2") }
  private var markerFile: String { "\(slice)/sluice-release/SKILL.md" }

  init() throws {
    home = try TemporaryDirectory()
    store = DirectorySliceStore(root: home("skills"))
    try Pack.write(Pack.plain, to: home("pack"))
    try Pack.write(Pack.plain, to: home("skills/1.4.2"))
  }

  private func place() async throws -> Bool {
    try await store.place(from: home("pack"), marker: marker, token: "adopt-1/mac-a")
  }

  @Test("its tree is told, and counts for nothing until it has its marker")
  func told() async throws {
    let found = try #require(try await store.slices().first)
    #expect(found.tree == .zero && found.unmarked == marker.tree)
    #expect(found.fault?.contains("sluice-release/SKILL.md is missing") == true)
    #expect(await portError { _ = try await store.digest(of: "1.4.2") }.kind == .refused)
  }

  @Test("placing the same tree gives it the marker, and leaves every file where it was")
  func completed() async throws {
    let file = "\(slice)/alpha/SKILL.md"
    let before = try #require(try Files.status(of: file))
    #expect(try await place() == false)
    #expect(try await store.slices() == [.init(version: "1.4.2", tree: marker.tree, fault: nil)])
    #expect(try Files.readText(markerFile) == marker.skillFile)
    #expect(try Files.status(of: markerFile)?.mode == 0o444)
    #expect(try Files.status(of: "\(slice)/sluice-release")?.mode == 0o555)
    #expect(try Files.status(of: slice)?.mode == 0o555)
    #expect(try Files.status(of: file)?.inode == before.inode)
    #expect(try Files.names(in: home("skills")) == [".1.4.2.sha256", "1.4.2"])
    // As with every placed slice, an altered file is named.
    try Files.replace(file, with: Array("evil".utf8))
    let fault = try #require(try await store.slices().first?.fault)
    #expect(fault.contains("alpha/SKILL.md has other content than the lock says"))
  }

  @Test("a slice that is closed for writing stays closed")
  func sealed() async throws {
    try Files.setMode(slice, 0o555)
    #expect(try await place() == false)
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
    #expect(try Files.status(of: slice)?.mode == 0o555)
  }

  @Test("the rest of a crash does not stand in the way")
  func crash() async throws {
    try Pack.write(["SKILL.md": "half"], to: home("skills/.staging-adopt-0"))
    #expect(try await place() == false)
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
    #expect(try Files.names(in: home("skills")) == [".1.4.2.sha256", "1.4.2"])
  }

  @Test("another tree, a foreign marker or a link in it gets none")
  func refused() async throws {
    for files in [
      ["alpha/SKILL.md": "other"], ["sluice-release/SKILL.md": "not Sluice's"],
      ["sluice-release/other.txt": "x"],
    ] {
      try Files.removeTree(slice)
      try Pack.write(Pack.plain.merging(files) { $1 }, to: slice)
      let error = await portError { _ = try await place() }
      #expect(error.kind == .refused)
      let isForeign = files.keys.contains("sluice-release/SKILL.md")
      #expect(try Files.status(of: markerFile) == nil || isForeign)
      #expect(try Files.names(in: home("skills")) == ["1.4.2"])
    }
    try Files.removeTree(slice)
    try Pack.write(Pack.plain, to: slice)
    try Files.makeLink("\(slice)/alpha/link", to: "/etc/hosts")
    #expect(await portError { _ = try await place() }.kind == .refused)
    #expect(try await store.slices().first?.unmarked == nil)
    #expect(try Files.status(of: markerFile) == nil)
  }

  @Test("the changes of a tree are named by path, the first of many, and none of an equal one")
  func changes() {
    func manifest(_ files: [String: String]) -> SkillManifest {
      SkillManifest(files.map { .init(path: $0.key, hash: $0.value) })
    }
    let locked = manifest(["a": "1", "b": "2", "c": "3"])
    let here = manifest(["a": "1", "b": "9", "d": "4"])
    #expect(
      here.changes(from: locked, most: 10) == [
        SliceChange(path: "b", kind: .changed), SliceChange(path: "c", kind: .missing),
        SliceChange(path: "d", kind: .added),
      ])
    #expect(here.changes(from: locked, most: 2).map(\.path) == ["b", "c"])
    #expect(locked.changes(from: locked, most: 10).isEmpty)
    #expect(here.firstDifference(from: locked) == "b has other content than the lock says")
    #expect(locked.firstDifference(from: locked) == nil)
  }
}
