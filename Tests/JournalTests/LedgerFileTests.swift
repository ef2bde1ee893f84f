import SluiceCore
import SluiceJSON
import SluiceJournal
import SluiceLedger
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The ledger on disk")
struct LedgerFileTests {
  let directory: TemporaryDirectory
  var path: String { directory("audit/promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  func draft(_ kind: String, note: String = "") -> LedgerDraft {
    LedgerDraft(
      actor: "ana", detail: .string(note), epoch: Epoch(1), from: "v1", kind: kind,
      moment: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"), operation: "",
      probeDigest: "", promotion: "", step: -1, ticket: "OPS-1", to: "v2", weights: [:])
  }

  func write(_ count: Int) async throws {
    let ledger = LedgerFile(path: path)
    for index in 0..<count {
      _ = try await ledger.append([draft("test.\(index)")], mayUseReserve: false)
    }
  }

  @Test("a missing ledger is an empty one, and reading does not create it")
  func missing() async throws {
    #expect(try await LedgerFile(path: path).read().isEmpty)
    #expect(try Files.status(of: path) == nil)
  }

  @Test("lines are there for the next writer, who goes on with the chain")
  func reopened() async throws {
    try await write(3)
    let second = LedgerFile(path: path)
    let added = try await second.append([draft("a"), draft("b")], mayUseReserve: false)
    #expect(added.map(\.n) == [3, 4])
    #expect(try await LedgerFile(path: path).read().map(\.kind).suffix(2) == ["a", "b"])
    #expect(try Files.status(of: path)?.mode == 0o640)
  }

  @Test("a tail that was torn at any byte is kept aside, cut off, and written over")
  func torn() async throws {
    try await write(2)
    let two = try Files.read(path)
    try await write(1)
    let three = try Files.read(path)
    for cut in stride(from: two.count + 1, to: three.count, by: 7) {
      try Files.replace(path, with: Array(three[..<cut]))
      #expect(try await LedgerFile(path: path).read().count == 2)
      let ledger = LedgerFile(path: path)
      _ = try await ledger.append([draft("after")], mayUseReserve: false)
      let recovery = try #require(await ledger.recovery)
      #expect(recovery.tornBytes == cut - two.count)
      #expect(try Files.read(recovery.keptAt) == Array(three[two.count..<cut]))
      #expect(try await LedgerFile(path: path).read().map(\.kind).last == "after")
    }
  }

  @Test("an altered line is refused with file and line, and the file is left alone")
  func altered() async throws {
    try await write(4)
    let whole = try Files.readText(path)
    try Files.replace(path, with: Array(whole.replacing("test.1", with: "test.9").utf8))
    let before = try Files.read(path)
    do {
      _ = try await LedgerFile(path: path).append([draft("a")], mayUseReserve: true)
      Issue.record("it was appended to")
    } catch {
      #expect(error.message.contains("promotions.jsonl:3:"))
      #expect(error.remedy != nil)
    }
    #expect(try Files.read(path) == before)
  }

  @Test("a rollback is recorded on a full disk, and nothing else is")
  func fullDisk() async throws {
    let mount = try await SmallDisk.mounted(megabytes: 3)
    defer { mount?.unmount() }
    guard let mount else {
      print("skipped: a small tmpfs cannot be mounted here (not root)")
      return
    }
    let ledger = LedgerFile(path: mount.path + "/promotions.jsonl")
    _ = try await ledger.append([draft("first")], mayUseReserve: false)
    mount.fill()
    let long = String(repeating: "x", count: 30_000)
    do {
      for _ in 0..<200 {
        _ = try await ledger.append([draft("forward", note: long)], mayUseReserve: false)
      }
      Issue.record("the disk never filled up")
    } catch { #expect(error.kind == .outOfSpace) }
    let count = try await ledger.read().count
    _ = try await ledger.append([draft("rollback", note: long)], mayUseReserve: true)
    let entries = try await LedgerFile(path: mount.path + "/promotions.jsonl").read()
    #expect(entries.count == count + 1)
    #expect(entries.last?.kind == "rollback")
  }

  @Test("many who append at once still make one chain")
  func concurrent() async throws {
    let ledger = LedgerFile(path: path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<100 {
        group.addTask {
          _ = try await ledger.append([draft("test.\(index)")], mayUseReserve: false)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await LedgerFile(path: path).read().count == 100)
  }

  @Test("the writer's lock has one holder, who says who it is")
  func writerLock() async throws {
    let first = WriterLock(path: directory("writer.lock"))
    let second = WriterLock(path: directory("writer.lock"))
    try await first.acquire(note: "ana on mac-b, pid 42")
    #expect(await second.holder() == "ana on mac-b, pid 42")
    do {
      try await second.acquire(note: "bo")
      Issue.record("two hold it")
    } catch {
      #expect(error.kind == .refused)
      #expect(error.message.contains("ana on mac-b"))
    }
    await first.release()
    try await second.acquire(note: "bo")
  }

  @Test("an archived file is replaced as a whole")
  func archive() async throws {
    let archive = DirectoryArchive(directory: directory("audit"))
    #expect(try await archive.read("last_good.json") == nil)
    try await archive.write("last_good.json", [1])
    try await archive.write("last_good.json", [2])
    #expect(try await archive.read("last_good.json") == [2])
  }
}
