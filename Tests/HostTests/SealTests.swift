import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

/// macOS lets nobody but root rename a directory that is not writable, also within one folder.
@Suite("A slice is sealed where it has its name")
struct SealTests {
  private let home: TemporaryDirectory
  private let store: DirectorySliceStore
  private let marker = Marker(version: "1.4.2", tree: Pack.digest(Pack.plain))
  private var slice: String { home("skills/1.4.2") }

  init() throws {
    home = try TemporaryDirectory()
    store = DirectorySliceStore(root: home("skills"))
    try Pack.write(Pack.plain, to: home("pack"))
  }

  private func mode(_ path: String) throws -> UInt32? { try Files.status(of: path)?.mode }

  @Test("what is staged is sealed but for its top, which can be renamed")
  func staged() throws {
    let source = try SkillTree.read(home("pack"))
    try SliceWriter(source: source, staging: home("staged")).write(marker)
    #expect(try mode(home("staged")) == 0o755)
    #expect(try mode(home("staged/alpha")) == 0o555)
    #expect(try mode(home("staged/sluice-release")) == 0o555)
    try SliceWriter.seal(home("staged"))
    #expect(try mode(home("staged")) == 0o555)
  }

  @Test("a slice that got its name before a crash is sealed by the next placing")
  func afterCrash() async throws {
    #expect(try await store.place(from: home("pack"), marker: marker, token: "a"))
    try Files.setMode(slice, 0o755)
    #expect(try await store.place(from: home("pack"), marker: marker, token: "b") == false)
    #expect(try mode(slice) == 0o555)
    try Files.setMode(slice, 0o755)
    #expect(try await store.placeAgain(from: home("pack"), marker: marker, token: "c") == nil)
    #expect(try mode(slice) == 0o555)
  }

  @Test("a damaged slice is put aside as it was, sealed, and the new one is sealed too")
  func aside() async throws {
    #expect(try await store.place(from: home("pack"), marker: marker, token: "a"))
    try Files.setMode("\(slice)/alpha", 0o755)
    try Files.removeFile("\(slice)/alpha/tool.sh")
    let placed = try await store.placeAgain(from: home("pack"), marker: marker, token: "b")
    let aside = try #require(placed)
    #expect(try mode(aside) == 0o555)
    #expect(try mode(slice) == 0o555)
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
  }
}
