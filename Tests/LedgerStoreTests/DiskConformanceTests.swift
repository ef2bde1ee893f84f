import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

/// Duties of every disk of a ledger, simulated and real: a simulation that behaves otherwise lies.
@Suite("A ledger's disk, simulated and real")
struct DiskConformanceTests {
  enum Kind: String, CaseIterable, Sendable { case simulated, real }

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var path: String { directory("promotions.jsonl") }

  private func check(_ kind: Kind) throws {
    switch kind {
    case .simulated: try check(SimulatedDisk())
    case .real: try check(SystemDisk())
    }
  }

  @Test("files, names and lengths", arguments: Kind.allCases)
  func files(kind: Kind) throws { try check(kind) }

  private func check(_ disk: some LedgerDisk) throws {
    #expect(try disk.status(of: path) == nil)
    #expect(throws: SystemError.self) { try disk.read(path) }
    #expect(throws: SystemError.self) { try disk.open(path, mode: 0o640, create: false) }
    try disk.makeDirectory(directory.path)
    let one = try disk.open(path, mode: 0o640, create: true)
    #expect(one.length == 0)
    try one.append([1, 2, 3])
    try one.synchronize()
    #expect(one.length == 3)
    #expect(try disk.read(path) == [1, 2, 3])
    #expect(try one.read(at: 1, count: 9) == [2, 3])
    try one.renew(last: 2)
    try one.renew(last: 1_000)
    #expect(one.length == 3)
    #expect(try disk.read(path) == [1, 2, 3])
    try checkTwoHandles(disk, one)
    try one.truncate(to: 2)
    #expect(one.length == 2)
    #expect(try disk.read(path) == [1, 2])
    #expect(throws: SystemError.self) { try one.truncate(to: 3) }
    try checkReplaced(disk, one)
    #expect(try disk.freeBytes(at: directory.path) > 0)
  }

  /// A file that is open twice grows at its end, and each knows of its own writing alone.
  private func checkTwoHandles<Disk: LedgerDisk>(_ disk: Disk, _ one: Disk.File) throws {
    let other = try disk.open(path, mode: 0o640, create: true)
    #expect(other.length == 3)
    try other.append([4])
    #expect(other.length == 4)
    #expect(one.length == 3)
    #expect(try disk.status(of: path)?.size == 4)
    try other.truncate(to: 3)
  }

  /// Another file under the name is another file; who has the old one open still has it.
  private func checkReplaced<Disk: LedgerDisk>(_ disk: Disk, _ one: Disk.File) throws {
    let before = try disk.status(of: path)
    try disk.replace(path, with: [9], mode: 0o640)
    #expect(try disk.read(path) == [9])
    #expect(try disk.status(of: path)?.inode != before?.inode)
    try one.append([7])
    #expect(try disk.read(path) == [9])
    #expect(try one.read(at: 0, count: 9) == [1, 2, 7])
  }

  @Test(
    "a ledger goes on behind its torn tail, which is kept, and fences a writer that was succeeded",
    arguments: Kind.allCases)
  func ledger(kind: Kind) throws {
    switch kind {
    case .simulated: try checkLedger(SimulatedDisk())
    case .real: try checkLedger(SystemDisk())
    }
  }

  private func checkLedger<Disk: LedgerDisk>(_ disk: Disk) throws {
    var first = LedgerWriter(path: path, disk: disk, reserve: 4_096)
    _ = try first.append([draft("a"), draft("b")], mayUseReserve: false)
    let torn = try disk.open(path, mode: 0o640, create: false)
    try torn.append(Array("{\"half\":".utf8))
    var second = LedgerWriter(path: path, disk: disk, reserve: 4_096)
    #expect(try second.read().map(\.kind.rawValue) == ["a", "b"])
    _ = try second.append([draft("c", epoch: 2)], mayUseReserve: false)
    #expect(try second.read().map(\.kind.rawValue) == ["a", "b", "journal.recovered", "c"])
    let recovery = try #require(second.recovery)
    #expect(try disk.read(recovery.keptAt) == Array("{\"half\":".utf8))
    do throws(PortError) {
      _ = try first.append([draft("d")], mayUseReserve: false)
      Issue.record("it was not fenced")
    } catch { #expect(error.kind == .fenced) }
    #expect(try disk.status(of: path + ".reserve")?.size == 4_096)
  }
}
