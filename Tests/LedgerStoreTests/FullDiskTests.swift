import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The ledger on a full disk")
struct FullDiskTests {
  /// Runs the body with a ledger on a small file system that nothing else writes to.
  func withSmallDisk(_ body: (SmallDisk, String) async throws -> Void) async throws {
    guard let disk = try SmallDisk.mounted(megabytes: 4) else {
      print("skipped: a small tmpfs cannot be mounted here (Linux and root are needed)")
      return
    }
    defer { disk.unmount() }
    try await body(disk, disk.path + "/promotions.jsonl")
  }

  static let long = String(repeating: "x", count: 30_000)

  /// Appends until the disk is full; the error that said so.
  func appendUntilFull(_ ledger: LedgerFile) async -> PortError? {
    for _ in 0..<200 {
      do { try await ledger.append("forward", note: Self.long) } catch { return error }
    }
    return nil
  }

  @Test(
    "a line that does not fit leaves nothing of itself, and the chain goes on when there is room")
  func noRoom() async throws {
    try await withSmallDisk { disk, path in
      let ledger = LedgerFile(path: path)
      try await ledger.append("first")
      disk.fill()
      let error = await appendUntilFull(ledger)
      #expect(error?.kind == .outOfSpace)
      #expect(error?.message.contains(path) == true)
      #expect(error?.remedy?.contains("sluice rollback") == true)
      let bytes = try Files.read(path)
      #expect(bytes.last == UInt8(ascii: "\n"))
      #expect(await appendUntilFull(ledger)?.kind == .outOfSpace)
      #expect(try Files.read(path) == bytes)
      try disk.clear()
      try await ledger.append("last")
      #expect(try await LedgerFile.kinds(at: path).last == "last")
    }
  }

  @Test("a rollback of twenty lines is recorded on a full disk, though others take what gets free")
  func rollback() async throws {
    try await withSmallDisk { disk, path in
      let ledger = LedgerFile(path: path)
      try await ledger.append("first")
      disk.fill()
      #expect(await appendUntilFull(ledger)?.kind == .outOfSpace)
      let count = try await ledger.read().count
      for index in 0..<20 {
        disk.fill()
        _ = try await ledger.append(
          [draft("rollback.\(index)", note: String(repeating: "y", count: 2_000))],
          mayUseReserve: true)
      }
      let kinds = try await LedgerFile.kinds(at: path)
      #expect(kinds.count == count + 20)
      #expect(kinds.last == "rollback.19")
    }
  }

  @Test("a torn line on a full disk: nothing but a rollback goes on, and loses nothing")
  func tornAndFull() async throws {
    try await withSmallDisk { disk, path in
      try await LedgerFile(path: path).append("first")
      let torn = [UInt8](repeating: UInt8(ascii: "{"), count: 20_000)
      try AppendFile(path: path).append(torn)
      disk.fill()
      let bytes = try Files.read(path)
      let forward = LedgerFile(path: path)
      #expect(await appendUntilFull(forward)?.kind == .outOfSpace)
      #expect(try Files.read(path) == bytes)
      let ledger = LedgerFile(path: path)
      _ = try await ledger.append([draft("rollback")], mayUseReserve: true)
      #expect(try Files.read(try #require(await ledger.recovery).keptAt) == torn)
      #expect(try await LedgerFile.kinds(at: path) == ["first", "journal.recovered", "rollback"])
    }
  }

  @Test("the reserve is made again when there is room for it, and not while there is none")
  func refilled() async throws {
    try await withSmallDisk { disk, path in
      let reserve = path + ".reserve"
      let ledger = LedgerFile(path: path)
      try await ledger.append("first")
      #expect(try Files.status(of: reserve)?.size == 1 << 20)
      disk.fill()
      #expect(await appendUntilFull(ledger)?.kind == .outOfSpace)
      _ = try await ledger.append([draft("rollback", note: Self.long)], mayUseReserve: true)
      let short = try #require(try Files.status(of: reserve)?.size)
      #expect(short < 1 << 20)
      #expect(short >= 1 << 19, "it is given back a piece at a time")
      try disk.clear()
      try await ledger.append("later")
      #expect(try Files.status(of: reserve)?.size == 1 << 20)
    }
  }

  @Test("an archived state that does not fit leaves the old one whole")
  func archive() async throws {
    try await withSmallDisk { disk, _ in
      let archive = DirectoryArchive(directory: disk.path)
      try await archive.write("last_good.json", [1])
      disk.fill()
      let error = await refusal {
        try await archive.write("last_good.json", [UInt8](repeating: 2, count: 100_000))
      }
      #expect(error?.kind == .outOfSpace)
      #expect(try await archive.read("last_good.json") == [1])
      #expect(try Files.names(in: disk.path) == ["ballast", "last_good.json"])
    }
  }
}
