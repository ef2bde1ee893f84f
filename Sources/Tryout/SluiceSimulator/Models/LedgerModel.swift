import SluiceCore
import SluiceLedgerStore
import SluiceLedger
import SluicePorts
import SluiceSystem

/// The ledger of a world of tier 2: the real code of the ledger's file, one for each controller, on
/// the world's disk of bytes; and what everybody knows to be durable.
struct LedgerModel: Sendable {
  static let path = "/ledger/promotions.jsonl"
  private static let reserve = 256 << 10

  /// The part of a ledger that a reader knows.
  private struct Known {
    var lines: [LedgerLine] = []
    var history = History()
    var bytes: [UInt8] = []
    var chain = LedgerChain()

    func isPrefix(of found: [UInt8], lastLineOnly: Bool) -> Bool {
      guard found.count >= bytes.count else { return false }
      let start = lastLineOnly ? max(0, bytes.count - (lines.last?.bytes.count ?? 0) - 1) : 0
      return found[start..<bytes.count] == bytes[start...]
    }
  }

  /// The lines that were read. A loss of power may take lines at the end, as long as no promotion
  /// has continued from them.
  private var seen = Known()
  /// Lines that were reported as durable. They must stay for ever.
  private var promised = Known()
  /// Faults of the bytes so far.
  private(set) var faults: [String] = []
  private var books: [Int: LedgerWriter<SimulatedDisk>] = [:]

  var lines: [LedgerLine] { seen.lines }
  var history: History { seen.history }

  mutating func read(by controller: Int, in world: inout World) throws(PortError) -> [LedgerEntry] {
    var book = book(of: controller, world.disk)
    let entries = try book.read()
    books[controller] = book
    look(in: &world)
    return entries
  }

  mutating func append(
    _ drafts: [LedgerDraft], mayUseReserve: Bool, by controller: Int, in world: inout World
  ) throws(PortError) -> [LedgerEntry] {
    if world.takesLastStep(controller) { throw World.dead }
    var book = book(of: controller, world.disk)
    // The book holds all bytes of the ledger: there is one of it.
    books[controller] = nil
    world.disk.allow(steps: world.stepsLeft(of: controller))
    let result = Result { () throws(PortError) in
      try book.append(drafts, mayUseReserve: mayUseReserve)
    }
    books[controller] = book
    if !mayUseReserve, case .failure(let error) = result, error.kind == .outOfSpace {
      for draft in drafts.prefix(1) where !draft.promotion.isEmpty {
        world.noteFullDisk(for: draft.epoch, after: history.replay)
      }
    }
    if world.takesLastStep(controller, of: world.disk.steps) { throw World.dead }
    let entries = try result.get()
    look(in: &world)
    promised = seen
    if world.takesLastStep(controller) { throw World.dead }
    return entries
  }

  /// 1: a line that was ever reported as durable is still in the file.
  func isWhole(on disk: SimulatedDisk) -> Bool {
    guard let found = try? disk.read(Self.path) else { return promised.bytes.isEmpty }
    return promised.isPrefix(of: found, lastLineOnly: false)
  }

  private func book(of controller: Int, _ disk: SimulatedDisk) -> LedgerWriter<SimulatedDisk> {
    books[controller] ?? LedgerWriter(path: Self.path, disk: disk, reserve: Self.reserve)
  }

  /// A reader has read the file's lines.
  private mutating func look(in world: inout World) {
    let found = world.disk.written(Self.path)
    if !seen.isPrefix(of: found, lastLineOnly: true) { seen = promised }
    guard seen.isPrefix(of: found, lastLineOnly: true) else {
      if !world.disk.isAltered { faults.append("durable bytes of the ledger have changed") }
      return
    }
    while let end = found[seen.bytes.count...].firstIndex(of: UInt8(ascii: "\n")) {
      do throws(LedgerFault) {
        let line = try LedgerLine(
          bytes: Array(found[seen.bytes.count..<end]), line: seen.lines.count + 1)
        try seen.chain.take(line)
        try seen.history.take(line.entry)
        seen.lines.append(line)
      } catch {
        if !world.disk.isAltered { faults.append("\(error)") }
        return
      }
      seen.bytes += found[seen.bytes.count...end]
    }
    world.believe(seen.history)
  }
}
