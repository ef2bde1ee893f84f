import Foundation
import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

/// Somebody changes the ledger while a controller writes it.
@Suite("A ledger that is changed under its writer")
struct ChangedLedgerTests {
  /// A change that somebody makes to the file, and the line that the writer names.
  enum Change: String, CaseIterable, Sendable {
    case byteInPlace, byteInPlaceWithItsTimes, truncated, olderCopy, removed, emptied
    case lineAppended, junkAppended, anotherLedger, lineTakenOut, directoryIsGone

    var line: Int {
      switch self {
      case .byteInPlace, .byteInPlaceWithItsTimes, .lineTakenOut: 2
      case .truncated, .olderCopy: 3
      case .removed, .emptied, .anotherLedger, .directoryIsGone: 1
      case .lineAppended, .junkAppended: 4
      }
    }

    var leavesNothing: Bool { self == .removed || self == .directoryIsGone }
  }

  let directory: TemporaryDirectory
  var path: String { directory("audit/promotions.jsonl") }

  init() throws { directory = try TemporaryDirectory() }

  private func change(_ change: Change) async throws {
    let bytes = try Files.read(path)
    let lines = try Files.readText(path).split(separator: "\n").map { "\($0)\n" }
    switch change {
    case .byteInPlace: try writeInPlace(at: lines[0].utf8.count + 20)
    case .byteInPlaceWithItsTimes:
      let times = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
      try writeInPlace(at: lines[0].utf8.count + 20)
      try FileManager.default.setAttributes(
        [.modificationDate: try #require(times)], ofItemAtPath: path)
    case .truncated:
      let size = lines[0].utf8.count + lines[1].utf8.count
      #expect(Foundation.truncate(path, off_t(size)) == 0)
    case .olderCopy: try Files.replace(path, with: Array((lines[0] + lines[1]).utf8))
    case .removed: try Files.removeFile(path)
    case .directoryIsGone: try Files.removeTree(directory("audit"))
    case .emptied: #expect(Foundation.truncate(path, 0) == 0)
    case .lineAppended: try await LedgerFile(path: path).append("a stranger's")
    case .junkAppended: try Files.replace(path, with: bytes + Array("hello\n".utf8))
    case .anotherLedger:
      try Files.removeFile(path)
      try await LedgerFile(path: path).append("another beginning")
    case .lineTakenOut: try Files.replace(path, with: Array((lines[0] + lines[2]).utf8))
    }
  }

  /// As an editor of bytes does: same inode, same size.
  private func writeInPlace(at offset: Int) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: UInt64(offset))
    let old = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: UInt64(offset))
    try handle.write(contentsOf: Data([old ^ 1]))
    try handle.close()
  }

  private func kept() throws -> [String] {
    try Files.names(in: directory("audit")).filter { $0.contains(".altered-") }
  }

  @Test(
    "the next append says so with file and line, keeps the file, and the one after goes into a new one",
    arguments: Change.allCases)
  func changed(_ change: Change) async throws {
    let writer = LedgerFile(path: path)
    for kind in ["a", "b", "c"] { try await writer.append(kind) }
    try await self.change(change)
    let found = try? Files.read(path)
    let error = await refusal { try await writer.append("d") }
    #expect(error?.kind == .altered)
    #expect(
      error?.message.hasPrefix("\(path):\(change.line): ") == true, "\(error?.message ?? "-")")
    let names = try kept()
    #expect(names.count == (change.leavesNothing ? 0 : 1))
    if let name = names.first {
      #expect(error?.message.contains(name) == true)
      #expect(try Files.read(directory("audit/\(name)")) == found)
    }

    try await writer.append("rollback")
    let entries = try await LedgerFile(path: path).read()
    #expect(entries.map(\.kind.rawValue) == ["a", "b", "c", "journal.altered", "rollback"])
    #expect(entries[3].detail["kept"]?.text == names.first)
    try await writer.append("further")
    #expect(try await LedgerFile.kinds(at: path).count == 6)
  }

  @Test(
    "a writer that read the lines continues from them, not from a file that took their place",
    arguments: Change.allCases)
  func changedAfterItWasRead(_ change: Change) async throws {
    for kind in ["a", "b", "c"] { try await LedgerFile(path: path).append(kind) }
    let successor = LedgerFile(path: path)
    #expect(try await successor.read().count == 3)
    try await self.change(change)
    let error = await refusal { try await successor.append("d", epoch: 2) }
    guard change != .lineAppended else {
      // The controller before may have written until its lease was lost.
      #expect(error == nil)
      return
    }
    #expect(error?.kind == .altered)
    #expect(error?.message.hasPrefix("\(path):\(change.line): ") == true)
    try await successor.append("d", epoch: 2)
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b", "c", "journal.altered", "d"])
    #expect(try kept().count == (change.leavesNothing ? 0 : 1))
  }

  @Test("it is told of once, and a second change is another one")
  func again() async throws {
    let writer = LedgerFile(path: path)
    for kind in ["a", "b", "c"] { try await writer.append(kind) }
    for round in 1...3 {
      try await change(.byteInPlace)
      #expect(await refusal { try await writer.append("d") }?.kind == .altered)
      try await writer.append("d")
      let kinds = try await LedgerFile.kinds(at: path)
      #expect(kinds.count { $0 == "journal.altered" } == round)
    }
  }

  @Test("a file that was only touched, or came back from its copy, is the ledger as before")
  func untouched() async throws {
    let writer = LedgerFile(path: path)
    try await writer.append("a")
    try FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    try await writer.append("b")
    try Files.setMode(path, 0o600)
    try await writer.append("c")
    let whole = try Files.read(path)
    try Files.removeFile(path)
    try Files.replace(path, with: whole)
    try await writer.append("d")
    #expect(try await LedgerFile.kinds(at: path) == ["a", "b", "c", "d"])
    #expect(try kept().isEmpty)
  }

  @Test("a successor's ledger is left alone, also one that it began in a new file")
  func successor() async throws {
    let (stale, successor) = (LedgerFile(path: path), LedgerFile(path: path))
    try await stale.append("a", epoch: 1)
    try await stale.append("b", epoch: 1)
    try await successor.append("c", epoch: 2)
    try await change(.byteInPlace)
    #expect(await refusal { try await successor.append("d", epoch: 2) }?.kind == .altered)
    try await successor.append("d", epoch: 2)
    let before = try Files.read(path)
    #expect(await refusal { try await stale.append("e", epoch: 1) }?.kind == .fenced)
    #expect(try Files.read(path) == before)
    #expect(try kept().count == 1)
  }

  @Test("a successor is left alone although an old line was altered before it was noticed")
  func successorBehindAnAlteration() async throws {
    let (stale, successor) = (LedgerFile(path: path), LedgerFile(path: path))
    try await stale.append("a", epoch: 1)
    try await stale.append("b", epoch: 1)
    try await successor.append("c", epoch: 2)
    try await change(.byteInPlace)
    let before = try Files.read(path)
    #expect(await refusal { try await stale.append("d", epoch: 1) }?.kind == .fenced)
    #expect(try Files.read(path) == before)
    #expect(try kept().isEmpty)
  }

  @Test("a bit that turns over and leaves no other trace is found once its turn comes")
  func silently() async throws {
    let disk = SimulatedDisk()
    var book = LedgerWriter(path: path, disk: disk, reserve: 4_096)
    let note = String(repeating: "x", count: 4_000)
    for _ in 0..<40 { _ = try book.append([draft("a", note: note)], mayUseReserve: false) }
    disk.strike(.bitFlips(permille: 300), file: path)
    var error: PortError?
    for _ in 0..<20 where error == nil {
      do throws(PortError) {
        _ = try book.append([draft("b", note: note)], mayUseReserve: false)
      } catch let found { error = found }
    }
    #expect(error?.kind == .altered)
    _ = try book.append([draft("rollback")], mayUseReserve: true)
    #expect(try book.read().suffix(2).map(\.kind.rawValue) == ["journal.altered", "rollback"])
  }

  @Test("on a full disk the reserve pays for the new file; without one nothing is changed or lost")
  func withoutRoom() throws {
    for reserve in [4_096, 0] {
      let disk = SimulatedDisk()
      var book = LedgerWriter(path: path, disk: disk, reserve: reserve)
      for kind in ["a", "b", "c"] { _ = try book.append([draft(kind)], mayUseReserve: false) }
      disk.strike(.ledgerIsAltered(permille: 500), file: path)
      let changed = try disk.read(path)
      disk.strike(.diskIsFull, file: path)
      let kinds = (0..<3).map { _ in kind { _ = try book.append([draft("d")], mayUseReserve: true) }
      }
      if reserve > 0 {
        #expect(kinds == [.altered, nil, nil])
        #expect(
          try book.read().map(\.kind.rawValue) == ["a", "b", "c", "journal.altered", "d", "d"])
      } else {
        #expect(kinds == [.outOfSpace, .outOfSpace, .outOfSpace])
        #expect(try disk.read(path) == changed)
        do throws(PortError) { _ = try book.append([draft("d")], mayUseReserve: true) } catch {
          // A rollback that found no room is not advised once more.
          #expect(error.remedy?.contains("sluice rollback") == false)
          #expect(error.remedy?.contains("sluice resume") == true)
          #expect(error.remedy?.contains("stay as they are") == true)
        }
      }
    }
  }

  private func kind(_ body: () throws -> Void) -> PortError.Kind? {
    do { try body() } catch { return (error as? PortError)?.kind }
    return nil
  }

  @Test("a line whose own digest is wrong is alone at fault: the lines before it are proven")
  func ownDigest() async throws {
    for kind in ["d", "e"] { try await LedgerFile(path: path).append(kind, epoch: 3) }
    let text = try Files.readText(path)
    let changed = text.replacing("\"kind\":\"d\"", with: "\"kind\":\"x\"", maxReplacements: 1)
    #expect(changed != text)
    try Files.replace(path, with: Array(changed.utf8))
    let broken = try #require(try BrokenLedger.read(path))
    #expect(broken.alteration.line == broken.proven.count + 1)
    #expect(broken.claimed.map(\.kind.rawValue) == ["x", "e"])
    #expect(broken.highestEpoch == Epoch(3))
  }
}
