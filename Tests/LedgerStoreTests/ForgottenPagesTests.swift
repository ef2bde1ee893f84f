import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem
import Testing

@testable import SluiceSimulator

/// A disk that drops what a failed sync was to write, reads it from the cache as if nothing had been,
/// and says yes to the next sync: as Linux does.
@Suite("Lines of a sync that failed")
struct ForgottenPagesTests {
  private let path = "/ledger/promotions.jsonl"

  private func book(_ disk: SimulatedDisk) -> LedgerWriter<SimulatedDisk> {
    LedgerWriter(path: path, disk: disk, reserve: 4_096)
  }

  private func kinds(_ disk: SimulatedDisk) throws -> [String] {
    var reader = book(disk)
    return try reader.read().map(\.kind.rawValue)
  }

  private func withFailedSync() throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: 7)
    var first = book(disk)
    _ = try first.append([draft("a")], mayUseReserve: false)
    disk.strike(.syncFails(.inputOutput, after: 1), file: path)
    #expect(throws: PortError.self) { try first.append([draft("b")], mayUseReserve: false) }
    return disk
  }

  @Test("are on the medium before anybody goes on from them")
  func renewed() throws {
    let disk = try withFailedSync()
    var second = book(disk)
    #expect(try second.read().map(\.kind.rawValue) == ["a", "b"])
    _ = try second.append([draft("c", epoch: 2)], mayUseReserve: false)
    disk.loseUndurable()
    #expect(try kinds(disk) == ["a", "b", "c"])
  }

  @Test("would be lost under those that came after them, were they only synchronized")
  func forgotten() throws {
    let disk = try withFailedSync()
    let file = try disk.open(path, mode: 0o640, create: false)
    try file.append(Array("{}\n".utf8))
    try file.synchronize()
    disk.loseUndurable()
    #expect(throws: PortError.self) { try kinds(disk) }
  }

  @Test("a disk that cannot write them again keeps the ledger from going on, and loses nothing")
  func stillSick() throws {
    let disk = try withFailedSync()
    disk.strike(.writeFails(.inputOutput, after: 1), file: path)
    var second = book(disk)
    let error = #expect(throws: PortError.self) {
      try second.append([draft("c", epoch: 2)], mayUseReserve: false)
    }
    #expect(error?.kind == .failed)
    #expect(try kinds(disk) == ["a", "b"])
    _ = try second.append([draft("c", epoch: 2)], mayUseReserve: false)
    #expect(try kinds(disk) == ["a", "b", "c"])
  }
}
