import SluiceCore

/// Reads the ledger forward. This is the only way to rebuild a promotion, for `resume`, `status`,
/// the dashboard and the simulator alike.
public struct Replay: Sendable {
  /// The last promotion in the ledger, ended or not.
  public private(set) var promotion: Promotion?
  public private(set) var actor = ""
  public private(set) var ticket = ""
  public private(set) var epoch = Epoch(0)
  /// Orders whose intent is durable but whose result is not: they may have run.
  public private(set) var intended: Set<OperationID> = []
  /// Completed promotions that were not rolled back, newest last: `rollback` can roll these back.
  public private(set) var completed: [Promotion] = []
  /// The last promotion that is no drill: a drill leaves the fleet as it was.
  public private(set) var lastBesidesDrills: PromotionID?
  /// The last drill that ended well.
  public private(set) var lastDrill: DrillRecord?

  public init() {}

  public init(_ entries: [LedgerEntry]) throws(LedgerFault) {
    for entry in entries { try take(entry) }
  }

  public mutating func take(_ entry: LedgerEntry) throws(LedgerFault) {
    epoch = max(epoch, entry.epoch)
    guard let event = try Recording.event(of: entry) else { return }
    guard let moment = entry.moment else {
      throw LedgerFault(
        line: Int(entry.n) + 1, "its ts \"\(entry.timestamp)\" is not a time")
    }
    let record = Record(
      line: Int(entry.n) + 1, promotion: PromotionID(rawValue: entry.promotion),
      actor: entry.actor, ticket: entry.ticket, epoch: entry.epoch, moment: moment,
      event: event)
    try take(record)
  }

  /// A line of no promotion: only its epoch counts.
  public mutating func passOver(_ epoch: Epoch) { self.epoch = max(self.epoch, epoch) }

  /// The content of a line, without its encoding.
  public struct Record: Sendable {
    /// From 1.
    public var line: Int
    public var promotion: PromotionID
    public var actor: String
    public var ticket: String
    public var epoch: Epoch
    public var moment: Moment
    public var event: PromotionEvent

    public init(
      line: Int, promotion: PromotionID, actor: String, ticket: String, epoch: Epoch,
      moment: Moment, event: PromotionEvent
    ) {
      self.line = line
      self.promotion = promotion
      self.actor = actor
      self.ticket = ticket
      self.epoch = epoch
      self.moment = moment
      self.event = event
    }
  }

  public mutating func take(_ record: Record) throws(LedgerFault) {
    epoch = max(epoch, record.epoch)
    if case .started(let plan) = record.event { return try begin(plan, record) }
    guard promotion?.id == record.promotion else {
      throw LedgerFault(line: record.line, "promotion \(record.promotion) never started")
    }
    guard promotion?.phase.isTerminal == false else {
      throw LedgerFault(line: record.line, "it comes after the end of its promotion")
    }
    switch record.event {
    case .intended(let order):
      guard promotion?.outstanding.contains(order) == true else {
        throw LedgerFault(
          line: record.line, "\(order.id) is intended, but the promotion did not ask for it")
      }
      intended.insert(order.id)
    case .finished(let id, _): intended.remove(id)
    case .started, .approved, .leased, .asked: break
    }
    _ = promotion?.handle(record.event, at: record.moment)
    if case .concluded(let conclusion)? = promotion?.phase, let promotion {
      keepAccount(of: promotion, conclusion)
      lastDrill = DrillRecord(promotion, endedAt: record.moment.wallMilliseconds) ?? lastDrill
    }
  }

  private mutating func begin(_ plan: FrozenPlan, _ record: Record) throws(LedgerFault) {
    guard promotion?.phase.isTerminal ?? true else {
      throw LedgerFault(
        line: record.line, "a promotion starts before the one before it has ended")
    }
    promotion = Promotion.begin(record.promotion, plan: plan, at: record.moment).promotion
    if !plan.plan.purpose.isDrill { lastBesidesDrills = record.promotion }
    actor = record.actor
    ticket = record.ticket
    intended = []
  }

  private mutating func keepAccount(of promotion: Promotion, _ conclusion: Conclusion) {
    switch (conclusion, promotion.plan.purpose) {
    case (.completed, _): completed.append(promotion)
    // If the lines of the promotion that was rolled back are lost, no completed promotion is
    // removed.
    case (.rolledBack, .revert), (.rolledBack, .revertNow):
      if completed.last?.plan.to == promotion.plan.from { completed.removeLast() }
    default: break
    }
  }
}
