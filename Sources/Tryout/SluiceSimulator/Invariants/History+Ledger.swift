import SluiceCore
import SluiceLedger

extension History {
  /// The ledger that tier 2 would have written of the same life, line by line.
  func written() throws -> [LedgerLine] {
    var chain = LedgerChain()
    var written: [LedgerLine] = []
    func write(_ draft: LedgerDraft) throws {
      let added = try chain.extend(with: [draft])
      for line in added { try chain.take(line) }
      written += added
    }
    var rest = Array(zip(placesOfAcceptances, acceptances))[...]
    for line in lines {
      while let (place, acceptance) = rest.first, place <= line.index {
        try write(acceptance.draft)
        rest.removeFirst()
      }
      try write(
        try Recording.draft(
          line.event, of: before(line) ?? line.after, actor: "ana", ticket: "OPS-1",
          epoch: line.epoch, at: line.moment))
    }
    for (_, acceptance) in rest { try write(acceptance.draft) }
    return written
  }
}
