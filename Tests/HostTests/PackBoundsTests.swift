import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("How large a pack may be")
struct PackBoundsTests {
  private let home: TemporaryDirectory

  init() throws {
    home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("skills"))
  }

  private func lock() throws -> ReleaseLock {
    try LockWriter(checkout: home.path).lock(
      openclaw: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil), tenants: [:]
    ).lock
  }

  /// A file of that many bytes that takes no room.
  private func hole(_ path: String, bytes: Int64) throws {
    let file = try AppendFile(path: home(path))
    try file.append([0])
    file.close()
    try #require(truncate(home(path), off_t(bytes)) == 0)
  }

  @Test("A file of 200 MB is refused with its size, the bound, and to take it out")
  func largeFile() async throws {
    try hole("skills/alpha/model.bin", bytes: 200_000_000)
    let error = await portError { _ = try lock() }
    #expect(error.kind == .refused)
    #expect(error.message == "\(home("skills"))/alpha/model.bin has 191 MiB")
    #expect(error.remedy?.contains("may have 64 MiB: take it out of the pack") == true)
    // The same when it is placed, and whoever looks at a slice.
    let store = DirectorySliceStore(root: home("slices"))
    let placing = await portError {
      _ = try await store.place(
        from: home("skills"), marker: Marker(version: "1.4.2", tree: .zero), token: "t")
    }
    #expect(placing.message == error.message && placing.remedy == error.remedy)
  }

  @Test("A file just within the bound is locked, one byte more is not")
  func edge() async throws {
    try hole("skills/alpha/model.bin", bytes: PackBounds.fileBytes)
    _ = try lock()
    try hole("skills/alpha/more.bin", bytes: PackBounds.fileBytes + 1)
    #expect(await portError { _ = try lock() }.message.hasSuffix("more.bin has 65 MiB"))
  }

  @Test("Too many files, and too many bytes in all, are refused with the bound")
  func whole() async throws {
    var bounds = PackBounds()
    bounds.files = 3
    let many = await portError { _ = try SkillTree.read(home("skills"), bounds: bounds) }
    #expect(many.message == "\(home("skills")) holds more than 3 files")
    #expect(many.remedy?.hasPrefix("A pack may hold 3: take out") == true)
    bounds.files = 4
    _ = try SkillTree.read(home("skills"), bounds: bounds)
    bounds.bytes = 1 << 20
    try hole("skills/alpha/a.bin", bytes: 1 << 20)
    let heavy = await portError { _ = try SkillTree.read(home("skills"), bounds: bounds) }
    #expect(heavy.message == "\(home("skills")) holds more than 1 MiB in all")
    // What stands on a host already is read, whatever a later Sluice bounds.
    _ = try SkillTree.read(home("skills"))
  }

  @Test("A name or a path that another host could not write is refused")
  func names() async throws {
    let long = String(repeating: "n", count: 201)
    try Pack.write(["alpha/\(long)": "x"], to: home("skills"))
    #expect(await portError { _ = try lock() }.message.hasSuffix("has a name of 201 bytes"))
    try Files.removeFile(home("skills/alpha/\(long)"))
    let deep = [String](repeating: String(repeating: "d", count: 100), count: 5)
    let path = "alpha/" + deep.joined(separator: "/") + "/file.txt"
    try Pack.write([path: "x"], to: home("skills"))
    #expect(await portError { _ = try lock() }.message.contains("bytes in the pack"))
  }

  @Test("The longest name that a lock takes can be placed")
  func longestName() async throws {
    let long = String(repeating: "n", count: 200)
    try Pack.write(["alpha/\(long)": "x"], to: home("skills"))
    let store = DirectorySliceStore(root: home("slices"))
    let marker = Marker(version: "1.4.2", tree: try lock().skills.tree)
    #expect(try await store.place(from: home("skills"), marker: marker, token: "t"))
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
  }
}
