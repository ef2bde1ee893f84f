import SluiceCore
import SluiceLedger

/// The durable ledger of a world, read as it grows: what the invariants are held against.
struct History: Sendable {
  /// Lines are many and large, and never change: each is one pointer.
  final class Line: Sendable {
    let index: Int
    let epoch: Epoch
    let moment: Moment
    let event: PromotionEvent
    /// The promotion after it.
    let after: Promotion

    init(
      index: Int, epoch: Epoch, moment: Moment, event: PromotionEvent, after: Promotion
    ) {
      self.index = index
      self.epoch = epoch
      self.moment = moment
      self.event = event
      self.after = after
    }
  }

  private(set) var lines: [Line] = []
  private(set) var replay = Replay()
  /// Lines of acceptances, and how many others stand before each.
  private(set) var acceptances: [AcceptanceLine] = []
  private(set) var placesOfAcceptances: [Int] = []

  init() {}

  /// A ledger as it was written: the chain holds, and a replay accepts every line.
  init(_ ledger: [LedgerLine]) throws(LedgerFault) {
    var chain = LedgerChain()
    for line in ledger {
      try chain.take(line)
      try take(line.entry)
    }
  }

  mutating func take(_ entry: LedgerEntry) throws(LedgerFault) {
    guard let event = try Recording.event(of: entry), let moment = entry.moment else {
      if let line = AcceptanceLine(entry) { take(line) }
      return
    }
    try take(
      Replay.Record(
        line: Int(entry.n) + 1, promotion: PromotionID(rawValue: entry.promotion),
        actor: entry.actor, ticket: entry.ticket, epoch: entry.epoch, moment: moment,
        event: event))
  }

  mutating func take(_ line: AcceptanceLine) {
    replay.passOver(line.epoch)
    acceptances.append(line)
    placesOfAcceptances.append(lines.count)
  }

  mutating func take(_ record: Replay.Record) throws(LedgerFault) {
    try replay.take(record)
    guard let promotion = replay.promotion else {
      throw LedgerFault(line: record.line, "it belongs to no promotion")
    }
    lines.append(
      Line(
        index: lines.count, epoch: record.epoch, moment: record.moment,
        event: record.event, after: promotion))
  }

  /// The promotion before a line; nil before the first.
  func before(_ line: Line) -> Promotion? { lineBefore(line)?.after }

  /// The same for a look at a part of it: a promotion is large, a line is one pointer.
  func lineBefore(_ line: Line) -> Line? { line.index > 0 ? lines[line.index - 1] : nil }
}
