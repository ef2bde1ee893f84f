import SluiceLedgerStore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The writer's lock")
struct WriterLockTests {
  let directory: TemporaryDirectory
  var path: String { directory("audit/writer.lock") }

  init() throws { directory = try TemporaryDirectory() }

  func refusal(_ lock: WriterLock, _ note: String) async -> PortError? {
    await LedgerStoreTests.refusal { try await lock.acquire(note: note) }
  }

  @Test("it has one holder, who says who it is, and is free again when that one lets go")
  func oneHolder() async throws {
    let (first, second) = (WriterLock(path: path), WriterLock(path: path))
    #expect(await first.holder() == nil)
    try await first.acquire(note: "ana on mac-b, pid 42")
    #expect(await second.holder() == "ana on mac-b, pid 42")
    let error = await refusal(second, "bo")
    #expect(error?.kind == .refused)
    #expect(error?.message.contains("ana on mac-b") == true)
    #expect(error?.remedy != nil)
    await first.release()
    #expect(await second.holder() == nil)
    try await second.acquire(note: "bo")
    #expect(await first.holder() == "bo")
  }

  @Test("where it is asked to, it names the process that holds it")
  func named() async throws {
    let lock = WriterLock(path: path, isNamed: true)
    try await lock.acquire(note: "sluice controller")
    let holder = try #require(await lock.holder())
    #expect(holder.hasPrefix("sluice controller, process \(HostFacts.processIdentifier) on "))
    #expect(holder.contains(" since 20"))
    #expect(!holder.contains("\n"))
    let process = try #require(await WriterLock(path: path).process())
    #expect(process == Processes.identity(of: HostFacts.processIdentifier))
    await lock.release()
    #expect(await lock.process() == nil)
  }

  @Test("who asks for it twice is refused, and still holds it")
  func twice() async throws {
    let (first, second) = (WriterLock(path: path), WriterLock(path: path))
    try await first.acquire(note: "ana")
    #expect(await refusal(first, "ana again")?.kind == .refused)
    #expect(await refusal(second, "bo")?.kind == .refused)
    #expect(await second.holder() == "ana")
  }

  @Test("of many who ask at once, one gets it")
  func race() async throws {
    let locks = (0..<20).map { _ in WriterLock(path: path) }
    let taken = await withTaskGroup(of: Bool.self) { group in
      for lock in locks { group.addTask { await self.refusal(lock, "x") == nil } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken == 1)
  }

  @Test("asking who holds it never keeps a controller from getting it")
  func askedMeanwhile() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        let status = WriterLock(path: path)
        for _ in 0..<5_000 { _ = await status.holder() }
      }
      group.addTask {
        let lock = WriterLock(path: path)
        for _ in 0..<500 {
          #expect(await self.refusal(lock, "ana") == nil)
          await lock.release()
        }
      }
    }
  }
}

@Suite("The archive beside the ledger")
struct DirectoryArchiveTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("a file is replaced as a whole; one that is missing is nil")
  func replaced() async throws {
    let archive = DirectoryArchive(directory: directory("audit"))
    #expect(try await archive.read("last_good.json") == nil)
    try await archive.write("last_good.json", [1])
    try await archive.write("last_good.json", [2])
    #expect(try await archive.read("last_good.json") == [2])
    #expect(try Files.names(in: directory("audit")) == ["last_good.json"])
  }

  @Test(
    "a name stays in the directory",
    arguments: ["", ".", "..", "../x", "/etc/x", "a/b", ".x", "a\u{0}"])
  func names(name: String) async throws {
    let archive = DirectoryArchive(directory: directory("audit"))
    await #expect(throws: PortError.self) { try await archive.write(name, [1]) }
    await #expect(throws: PortError.self) { try await archive.read(name) }
    #expect(try Files.names(in: directory.path) == [])
  }
}
