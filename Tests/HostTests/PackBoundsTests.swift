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
    // Placing and reading a slice refuse the same.
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
    // A pack that a host has already is read, whatever bounds a later Sluice sets.
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

  private func refusal(_ check: (PackBounds) throws -> Void) -> String? {
    do { try check(PackBounds()) } catch { return (error as? PortError)?.message ?? "\(error)" }
    return nil
  }

  @Test("What a pack may hold is taken to the last byte, and one more is refused with the bound")
  func edges() {
    func path(_ bytes: Int) -> String {
      String(repeating: "d/", count: (bytes - 4) / 2) + String(repeating: "f", count: 4 + bytes % 2)
    }
    #expect(refusal { try $0.check(path: path(512), at: "/p") } == nil)
    #expect(
      refusal { try $0.check(path: path(513), at: "/p") }
        == "/p has a path of 513 bytes in the pack")
    func name(_ bytes: Int) -> String { "d/" + String(repeating: "n", count: bytes) }
    #expect(refusal { try $0.check(path: name(200), at: "/p") } == nil)
    #expect(refusal { try $0.check(path: name(201), at: "/p") } == "/p has a name of 201 bytes")
    func tally(_ files: Int, _ bytes: Int64) -> PackBounds.Tally {
      .init(files: files, bytes: bytes)
    }
    #expect(refusal { try $0.check(tally(10_000, 512 << 20), in: "/p") } == nil)
    #expect(
      refusal { try $0.check(tally(10_001, 0), in: "/p") } == "/p holds more than 10000 files")
    #expect(
      refusal { try $0.check(tally(1, (512 << 20) + 1), in: "/p") }
        == "/p holds more than 512 MiB in all")
    #expect(
      refusal { _ in try PackBounds.check(fileBytes: 64 << 20, at: "/p") } == nil)
    #expect(
      refusal { _ in try PackBounds.check(fileBytes: (64 << 20) + 1, at: "/p") }
        == "/p has 65 MiB")
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
