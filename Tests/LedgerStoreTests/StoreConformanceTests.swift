import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Testing

/// Duties of the writer's stores, simulated and real: a simulation that behaves otherwise lies.
@Suite("Ledger, lease and archive, simulated and real")
struct StoreConformanceTests {
  enum Kind: String, CaseIterable, Sendable { case simulated, real }

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private var path: String { directory("audit/promotions.jsonl") }

  // MARK: The ledger

  private func ledger(_ kind: Kind) -> any LedgerStore {
    switch kind {
    case .simulated: SimulatedLedger()
    case .real: LedgerFile(path: path)
    }
  }

  @Test(
    "lines get their numbers and are chained, and are read as they were appended",
    arguments: Kind.allCases)
  func lines(kind: Kind) async throws {
    let ledger = ledger(kind)
    #expect(try await ledger.read().isEmpty)
    let first = try await ledger.append([draft("a"), draft("b")], mayUseReserve: false)
    let second = try await ledger.append([draft("c", epoch: 2)], mayUseReserve: true)
    #expect((first + second).map(\.n) == [0, 1, 2])
    #expect((first + second).map(\.kind.rawValue) == ["a", "b", "c"])
    #expect(Set((first + second).map(\.previous)).count == 3)
    #expect(try await ledger.read() == first + second)
    #expect(try await ledger.append([], mayUseReserve: false).isEmpty)
    #expect(try await ledger.read().count == 3)
  }

  @Test(
    "a line of an epoch that was succeeded is fenced, whole motions with it",
    arguments: Kind.allCases)
  func fenced(kind: Kind) async throws {
    let ledger = ledger(kind)
    _ = try await ledger.append([draft("a", epoch: 2)], mayUseReserve: false)
    let error = await refusal {
      _ = try await ledger.append(
        [draft("b", epoch: 2), draft("c", epoch: 1)], mayUseReserve: true)
    }
    #expect(error?.kind == .fenced)
    #expect(try await ledger.read().map(\.kind.rawValue) == ["a"])
  }

  // MARK: The lease

  /// Two controllers' holds on one lock.
  private func leases(_ kind: Kind) -> (any Lease, any Lease) {
    switch kind {
    case .simulated:
      let lock = SimulatedLease.Lock()
      return (SimulatedLease(on: lock), SimulatedLease(on: lock))
    case .real:
      return (WriterLock(path: path + ".lock"), WriterLock(path: path + ".lock"))
    }
  }

  @Test(
    "one holds it, and everybody knows which; another that asks meanwhile is refused and told",
    arguments: Kind.allCases)
  func lease(kind: Kind) async throws {
    let (first, second) = leases(kind)
    #expect(await first.holder() == nil)
    try await first.acquire(note: "ana")
    #expect(await second.holder() == "ana")
    let refused = await refusal { try await second.acquire(note: "bo") }
    #expect(refused?.kind == .refused)
    #expect(refused?.message.contains("ana") == true)
    let again = await refusal { try await first.acquire(note: "ana again") }
    #expect(again?.kind == .refused)
    #expect(await first.holder() == "ana")
  }

  @Test("only its holder lets go of it, and once", arguments: Kind.allCases)
  func letGo(kind: Kind) async throws {
    let (first, second) = leases(kind)
    try await first.acquire(note: "ana")
    await second.release()
    #expect(await second.holder() == "ana")
    await first.release()
    #expect(await second.holder() == nil)
    try await second.acquire(note: "bo")
    await first.release()
    #expect(await first.holder() == "bo")
  }

  // MARK: The archive

  @Test(
    "what is not there is nil; what is written is read, and replaced as a whole",
    arguments: Kind.allCases)
  func archive(kind: Kind) async throws {
    let archive: any Archive =
      switch kind {
      case .simulated: SimulatedArchive()
      case .real: DirectoryArchive(directory: directory("audit"))
      }
    #expect(try await archive.read("last_good.json") == nil)
    try await archive.write("last_good.json", Array("long".utf8))
    try await archive.write("last_good.json", [7])
    try await archive.write("other.json", [])
    #expect(try await archive.read("last_good.json") == [7])
    #expect(try await archive.read("other.json") == [])
    for name in ["", "../x", "a/b", ".x"] {
      #expect(await refusal { try await archive.write(name, [1]) }?.kind == .refused)
      #expect(await refusal { _ = try await archive.read(name) }?.kind == .refused)
    }
  }
}
