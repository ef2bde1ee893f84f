import SluiceCore
import SluiceLedger
import SluicePorts

/// The ledger of a world: the real chain of lines, on a disk that fails.
struct LedgerModel: Sendable {
  private(set) var lines: [LedgerLine] = []
  private var chain = LedgerChain()
  private(set) var history = History()

  mutating func append(
    _ drafts: [LedgerDraft], mayUseReserve: Bool, by controller: Int, in world: inout World
  ) throws(PortError) -> [LedgerEntry] {
    if world.takesLastStep(controller) { throw World.dead }
    if world.disk.isFull, !mayUseReserve {
      if history.replay.promotion?.phase.isRetreat == true { world.unrecordedRetreats += 1 }
      throw PortError(.outOfSpace, "the disk is full")
    }
    if let failure = world.disk.failureOfWrite(), failure == .inputOutput || !mayUseReserve {
      throw failure.error(of: "promotions.jsonl")
    }
    let added = try extend(drafts)
    lines += added
    for line in added {
      do { try history.take(line.entry) } catch { throw PortError(.failed, "\(error)") }
    }
    world.believe(history)
    if world.takesLastStep(controller) { throw World.dead }
    if let failure = world.disk.failureOfSync() {
      throw PortError(.unknown, "the ledger's sync ended in \(failure.rawValue)")
    }
    return added.map(\.entry)
  }

  private mutating func extend(_ drafts: [LedgerDraft]) throws(PortError) -> [LedgerLine] {
    if let stale = drafts.first(where: { $0.epoch < chain.epoch }) {
      throw PortError(
        .fenced, "the ledger has epoch \(chain.epoch), this controller has \(stale.epoch)")
    }
    do throws(LedgerFault) {
      let added = try chain.extend(with: drafts)
      for line in added { try chain.take(line) }
      return added
    } catch { throw PortError(.refused, "\(error)") }
  }
}

extension DiskFailure {
  func error(of name: String) -> PortError {
    switch self {
    case .inputOutput: PortError(.failed, "\(name) cannot be written: EIO")
    case .noSpace: PortError(.outOfSpace, "there is no room for \(name)")
    }
  }
}
