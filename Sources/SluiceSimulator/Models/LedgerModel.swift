import SluiceCore
import SluiceJournal
import SluiceLedger
import SluicePorts
import SluiceSystem

/// The ledger of a world of tier 2: the real code of the ledger's file, one for each controller, on
/// the world's disk of bytes; and what everybody knows to be durable.
struct LedgerModel: Sendable {
  static let path = "/ledger/promotions.jsonl"
  private static let reserve = 256 << 10

  private(set) var lines: [LedgerLine] = []
  private(set) var history = History()
  /// What was wrong with the bytes, if anything ever was.
  private(set) var faults: [String] = []
  private var bytes: [UInt8] = []
  private var chain = LedgerChain()
  private var books: [Int: LedgerBook<SimulatedDisk>] = [:]

  mutating func read(by controller: Int, in world: inout World) throws(PortError) -> [LedgerEntry] {
    let entries = try book(of: controller, world.disk).read()
    confirm(in: &world)
    return entries
  }

  mutating func append(
    _ drafts: [LedgerDraft], mayUseReserve: Bool, by controller: Int, in world: inout World
  ) throws(PortError) -> [LedgerEntry] {
    if world.takesLastStep(controller) { throw World.dead }
    var book = book(of: controller, world.disk)
    world.disk.allow(steps: world.stepsLeft(of: controller))
    let result = Result { () throws(PortError) in
      try book.append(drafts, mayUseReserve: mayUseReserve)
    }
    books[controller] = book
    if !mayUseReserve, case .failure(let error) = result, error.kind == .outOfSpace,
      history.replay.promotion?.phase.isRetreat == true
    {
      world.unrecordedRetreats += 1
    }
    if world.takesLastStep(controller, of: world.disk.steps) { throw World.dead }
    let entries = try result.get()
    confirm(in: &world)
    if world.takesLastStep(controller) { throw World.dead }
    return entries
  }

  /// 1: what anybody was ever told still stands in the file.
  func isWhole(on disk: SimulatedDisk) -> Bool {
    guard let found = try? disk.read(Self.path) else { return bytes.isEmpty }
    return isPrefix(of: found, lastLineOnly: false)
  }

  private func isPrefix(of found: [UInt8], lastLineOnly: Bool) -> Bool {
    guard found.count >= bytes.count else { return false }
    let start = lastLineOnly ? max(0, bytes.count - (lines.last?.bytes.count ?? 0) - 1) : 0
    return found[start..<bytes.count] == bytes[start...]
  }

  private func book(of controller: Int, _ disk: SimulatedDisk) -> LedgerBook<SimulatedDisk> {
    books[controller] ?? LedgerBook(path: Self.path, disk: disk, reserve: Self.reserve)
  }

  /// Somebody was told what stands in the file: from now on it must stand there.
  private mutating func confirm(in world: inout World) {
    let found = world.disk.written(Self.path)
    guard isPrefix(of: found, lastLineOnly: true) else {
      if !world.disk.isAltered { faults.append("durable bytes of the ledger have changed") }
      return
    }
    while let end = found[bytes.count...].firstIndex(of: UInt8(ascii: "\n")) {
      do throws(LedgerFault) {
        let line = try LedgerLine(
          bytes: Array(found[bytes.count..<end]), line: lines.count + 1)
        try chain.take(line)
        try history.take(line.entry)
        lines.append(line)
      } catch {
        if !world.disk.isAltered { faults.append("\(error)") }
        return
      }
      bytes += found[bytes.count...end]
    }
    world.believe(history)
  }
}
