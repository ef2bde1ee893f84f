import SluiceCore
import SluicePorts

// To the ledger first, then to the promotion; intents of everything that moves before any of it begins.

extension Session {
  mutating func perform(_ work: Work, at moment: Moment) {
    switch work {
    case .begin(let approval): begin(approval)
    case .listen:
      pending = Pending(next: promotion, orders: [], insistence: .beginRollback)
      outbox.append(.listen)
    case .record(let observation, let insistence): record(observation, insistence, at: moment)
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
      [Observation.started(promotion.frozenPlan)]
      + [approval.map(Observation.approved)].compactMap(\.self)
    var next = promotion
    if let approval { _ = next.handle(.approved(approval), at: promotion.startedAt) }
    append(
      first, at: promotion.startedAt,
      Pending(observation: first[0], next: next, orders: [], insistence: .none))
  }

  private mutating func record(
    _ observation: Observation, _ insistence: Insistence, at moment: Moment
  ) {
    // What comes of an order that was given up since says nothing any more.
    if case .finished(let id, _) = observation,
      !promotion.outstanding.contains(where: { $0.id == id })
    {
      return
    }
    var next = promotion
    let orders = next.handle(observation, at: moment)
    append(
      [observation], at: moment,
      Pending(observation: observation, next: next, orders: orders, insistence: insistence))
  }

  private mutating func append(
    _ observations: [Observation], at moment: Moment, _ pending: Pending
  ) {
    self.pending = pending
    outbox.append(
      .append(
        Lines(
          observations: observations, promotion: promotion, moment: moment,
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

  // MARK: What became of an effect

  mutating func appended(_ result: Result<Void, PortError>) {
    guard let pending, let observation = pending.observation else { return }
    self.pending = nil
    switch result {
    case .success:
      promotion = pending.next
      if case .intended(let order) = observation {
        intended.insert(order.id)
        ledger.operations?.insert(order.id)
      } else {
        orders += pending.orders
      }
    case .failure(let error): failed(observation, error, pending.insistence)
    }
  }

  mutating func listening(_ result: Result<Void, PortError>) {
    pending = nil
    guard case .failure(let error) = result else { return }
    // A way back needs no evidence: what is wrong with it keeps nothing from its end.
    guard !promotion.phase.isRollingBack else { return }
    guard error.mayRollBack else { return end(.failure(error)) }
    work.append(.rollBack(because: error))
  }

  private mutating func failed(
    _ observation: Observation, _ error: PortError, _ insistence: Insistence
  ) {
    // What the ledger refuses, because it says too much or cannot be written, is told in fewer words:
    // one answer from outside must not end the controller.
    if error.kind == .refused, let shorter = observation.inFewerWords(error.message) {
      return work.append(.record(shorter, insistence))
    }
    switch insistence {
    case .again(let left) where error.kind == .altered && left > 0:
      work.append(.record(observation, .again(left: left - 1)))
    case .beginRollback where error.mayRollBack:
      beginRollback(because: error, then: [.record(observation, .insistent)])
    case .beginRollbackInstead where error.mayRollBack:
      // The next intent stands on the stack: it is another one when the orders have changed.
      _ = work.popLast()
      beginRollback(because: error, then: [.intend(.insistent), .forgetOrders])
    default:
      guard case .started = observation, error.kind == .outOfSpace else {
        return end(.failure(error))
      }
      end(
        .failure(
          PortError(
            .outOfSpace, error.message,
            remedy: "Nothing was begun. Free some space, then try again.")))
    }
  }

  /// - Parameter rest: what comes after the way back has begun, next one last.
  private mutating func beginRollback(because error: PortError, then rest: [Work]) {
    work.append(contentsOf: rest)
    if !promotion.phase.isRollingBack { return work.append(.rollBack(because: error)) }
    // A way back goes on in a new file; without any room left it cannot.
    if error.kind != .altered { end(.failure(error)) }
  }
}

extension PortError {
  /// The disk is full, or somebody changed the ledger.
  fileprivate var mayRollBack: Bool { kind == .outOfSpace || kind == .altered }
}
