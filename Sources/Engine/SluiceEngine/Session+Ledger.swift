import SluiceCore
import SluicePorts

// The ledger first, then the promotion. All intents of motions are durable before the first begins.

extension Session {
  mutating func perform(_ work: Work, at moment: Moment) {
    switch work {
    case .begin(let approval): begin(approval)
    case .listen:
      pending = Pending(next: promotion, orders: [], insistence: .beginRollback)
      outbox.append(.listen)
    case .record(let event, let insistence): record(event, insistence, at: moment)
    case .tell(let sender): outbox.append(.tell(sender: sender, promotion))
    case .rollBack(let error):
      let request = Request(action: .rollBack, actor: "sluice", reason: error.message)
      record(.asked(request), .insistent, at: moment)
    case .settle:
      if promotion.phase.isTerminal { return end(.success(promotion)) }
      self.work.append(contentsOf: [.perform, .intend(.beginRollbackInstead)])
    case .intend(let insistence): intend(insistence)
    case .forgetOrders: orders.removeAll { !promotion.outstanding.contains($0) }
    case .perform:
      let orders = self.orders
      self.orders = []
      for order in orders { start(order, at: moment) }
    }
  }

  private mutating func begin(_ approval: Approval?) {
    let first =
      [PromotionEvent.started(promotion.frozenPlan)]
      + [approval.map(PromotionEvent.approved)].compactMap(\.self)
    var next = promotion
    if let approval { _ = next.handle(.approved(approval), at: promotion.startedAt) }
    append(
      first, at: promotion.startedAt,
      Pending(event: first[0], next: next, orders: [], insistence: .none))
  }

  private mutating func record(
    _ event: PromotionEvent, _ insistence: Insistence, at moment: Moment
  ) {
    // The result of an order that was given up has no meaning any more.
    if case .finished(let id, _) = event,
      !promotion.outstanding.contains(where: { $0.id == id })
    {
      return
    }
    var next = promotion
    let orders = next.handle(event, at: moment)
    append(
      [event], at: moment,
      Pending(event: event, next: next, orders: orders, insistence: insistence))
  }

  private mutating func append(
    _ events: [PromotionEvent], at moment: Moment, _ pending: Pending
  ) {
    self.pending = pending
    outbox.append(
      .append(
        Lines(
          events: events, promotion: promotion, moment: moment,
          // A rollback must always be recordable.
          mayUseReserve: pending.next.phase.isRollingBack || promotion.phase.isRollingBack,
          actor: actor,
          ticket: ticket, epoch: epoch)))
  }

  private mutating func intend(_ insistence: Insistence) {
    let first = orders.first { $0.command.moves && !intended.contains($0.id) }
    guard let first else { return }
    work.append(contentsOf: [.intend(insistence), .record(.intended(first), insistence)])
  }

  // MARK: Results of effects

  mutating func appended(_ result: Result<Void, PortError>) {
    guard let pending, let event = pending.event else { return }
    self.pending = nil
    switch result {
    case .success:
      promotion = pending.next
      if case .intended(let order) = event {
        intended.insert(order.id)
        ledger.operations?.insert(order.id)
      } else {
        orders += pending.orders
      }
    case .failure(let error): failed(event, error, pending.insistence)
    }
  }

  mutating func listening(_ result: Result<Void, PortError>) {
    pending = nil
    guard case .failure(let error) = result else { return }
    // A rollback needs no evidence, so a fault of the evidence does not stop it.
    guard !promotion.phase.isRollingBack else { return }
    guard error.mayRollBack else { return end(.failure(error)) }
    work.append(.rollBack(because: error))
  }

  private mutating func failed(
    _ event: PromotionEvent, _ error: PortError, _ insistence: Insistence
  ) {
    // A result that the ledger refuses, too long or not encodable, is recorded in a shorter form:
    // one answer from outside must not end the controller.
    if error.kind == .refused, let shorter = event.inFewerWords(error.message) {
      return work.append(.record(shorter, insistence))
    }
    switch insistence {
    case .again(let left) where error.kind == .altered && left > 0:
      work.append(.record(event, .again(left: left - 1)))
    case .beginRollback where error.mayRollBack,
      .beginRollbackIfAltered where error.kind == .altered:
      beginRollback(because: error, then: [.record(event, .insistent)])
    case .beginRollbackInstead where error.mayRollBack:
      // The next intent is already on the stack. It becomes another one if the orders have changed.
      _ = work.popLast()
      beginRollback(because: error, then: [.intend(.insistent), .forgetOrders])
    default:
      guard case .started = event, error.kind == .outOfSpace else {
        return end(.failure(error))
      }
      end(
        .failure(
          PortError(
            .outOfSpace, error.message,
            remedy: "Nothing was begun. Free some space, then try again.")))
    }
  }

  /// - Parameter rest: the work after the rollback has begun, next one last.
  private mutating func beginRollback(because error: PortError, then rest: [Work]) {
    work.append(contentsOf: rest)
    if !promotion.phase.isRollingBack { return work.append(.rollBack(because: error)) }
    // A rollback continues in a new file. Without space it cannot.
    if error.kind != .altered { end(.failure(error)) }
  }
}

extension PortError {
  /// The disk is full, or another program changed the ledger.
  fileprivate var mayRollBack: Bool { kind == .outOfSpace || kind == .altered }
}
