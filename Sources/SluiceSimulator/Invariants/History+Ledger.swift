import SluiceCore
import SluiceLedger

extension History {
  /// The ledger that tier 2 would have written of the same life, line by line.
  func written() throws -> [LedgerLine] {
    var chain = LedgerChain()
    var written: [LedgerLine] = []
    for line in lines {
      let draft = try Recording.draft(
        line.observation, of: before(line) ?? line.after, actor: "ana", ticket: "OPS-1",
        epoch: line.epoch, at: line.moment)
      let added = try chain.extend(with: [draft])
      for line in added { try chain.take(line) }
      written += added
    }
    return written
  }
}
