import SluiceCore

/// The ledger read forward: the one way in which a promotion comes back, for `resume`, `status`,
/// the dashboard and the simulator alike.
public struct Replay: Sendable {
  /// The last promotion in the ledger, ended or not.
  public private(set) var promotion: Promotion?
  public private(set) var actor = ""
  public private(set) var ticket = ""
  public private(set) var epoch = Epoch(0)
  /// Orders whose intent is on disk but whose outcome is not: they may have been done.
  public private(set) var intended: Set<OperationID> = []
  /// The completed promotions that nobody took back, newest last: what `rollback` can come back
  /// from.
  public private(set) var completed: [Promotion] = []

  public init() {}

  public init(_ entries: [LedgerEntry]) throws(LedgerFault) {
    for entry in entries { try take(entry) }
  }

  public mutating func take(_ entry: LedgerEntry) throws(LedgerFault) {
    epoch = max(epoch, entry.epoch)
    guard let observation = try Recording.observation(of: entry) else { return }
    let line = Int(entry.n) + 1
    guard let moment = entry.moment else {
      throw LedgerFault(line: line, "its ts \"\(entry.timestamp)\" is not a time")
    }
    if case .started(let plan) = observation {
      guard promotion?.phase.isTerminal ?? true else {
        throw LedgerFault(line: line, "a promotion starts before the one before it has ended")
      }
      let id = PromotionID(rawValue: entry.promotion)
      promotion = Promotion.begin(id, plan: plan, at: moment).promotion
      actor = entry.actor
      ticket = entry.ticket
      intended = []
      return
    }
    guard promotion?.id.rawValue == entry.promotion else {
      throw LedgerFault(line: line, "promotion \(entry.promotion) never started")
    }
    guard promotion?.phase.isTerminal == false else {
      throw LedgerFault(line: line, "it comes after the end of its promotion")
    }
    switch observation {
    case .intended(let order):
      guard promotion?.outstanding.contains(order) == true else {
        throw LedgerFault(
          line: line, "\(order.id) is intended, but the promotion did not ask for it")
      }
      intended.insert(order.id)
    case .finished(let id, _): intended.remove(id)
    case .started, .approved, .leased, .asked: break
    }
    _ = promotion?.handle(observation, at: moment)
    if let promotion, case .concluded(let conclusion) = promotion.phase {
      keepAccount(of: promotion, conclusion)
    }
  }

  private mutating func keepAccount(of promotion: Promotion, _ conclusion: Conclusion) {
    switch (conclusion, promotion.plan.purpose) {
    case (.completed, _): completed.append(promotion)
    case (.rolledBack, .revert), (.rolledBack, .revertNow): _ = completed.popLast()
    default: break
    }
  }
}
