import SluiceCore
import SluiceLedger
import SluicePorts

/// Owns one promotion: writes what it learns to the ledger, tells the promotion, and has its orders
/// performed. There is no policy here.
public actor PromotionEngine {
  private let env: Env
  private let executor: Executor
  private let desk: EvidenceDesk
  private let mailbox: AsyncStream<Observation>
  private let post: AsyncStream<Observation>.Continuation
  private var promotion: Promotion?
  private var intended: Set<OperationID> = []
  private var epoch = Epoch(0)
  private var actor = ""
  private var ticket = ""

  public init(env: Env) {
    self.env = env
    desk = EvidenceDesk(judge: env.makeJudge(), runJudge: env.makeJudge())
    executor = Executor(env: env, desk: desk)
    (mailbox, post) = AsyncStream.makeStream(of: Observation.self)
  }

  /// What the promotion is now; nil before it began.
  public func current() -> Promotion? { promotion }

  /// A person's wish; it is in the ledger before anything comes of it.
  public func ask(_ request: Request) { post.yield(.asked(request)) }

  /// Runs a plan from its beginning. Throws `.refused` when another promotion is active or another
  /// writer holds the lease; nothing was moved then.
  ///
  /// - Parameter approval: whether it is enough is the promotion's to say, by the ledger.
  public func start(
    _ id: PromotionID, plan: Plan, actor: String, ticket: String, approval: Approval? = nil
  ) async throws(PortError) -> Promotion {
    let replay = try await takeOver()
    if let active = replay.promotion, !active.phase.isTerminal {
      await env.lease.release()
      throw PortError(
        .refused, "promotion \(active.id) is still \(active.phase.title)",
        remedy: "Go on with it:  sluice resume   or end it:  sluice rollback")
    }
    self.actor = actor
    self.ticket = ticket
    let plan = FrozenPlan(plan)
    let begun = Promotion.begin(id, plan: plan, at: env.time.now())
    do throws(PortError) {
      let first = [.started(plan)] + [approval.map(Observation.approved)].compactMap(\.self)
      try await append(first, to: begun.promotion)
    } catch {
      await env.lease.release()
      guard error.kind == .outOfSpace else { throw error }
      throw PortError(
        .outOfSpace, error.message, remedy: "Nothing was begun. Free some space, then try again.")
    }
    var promotion = begun.promotion
    if let approval { _ = promotion.handle(.approved(approval), at: promotion.startedAt) }
    self.promotion = promotion
    return try await run(begun.orders)
  }

  /// Goes on where a controller left off, by the ledger alone; with a person's request, if there is
  /// one, before anything else.
  public func resume(with request: Request? = nil) async throws(PortError) -> Promotion {
    let replay = try await takeOver()
    guard let active = replay.promotion, !active.phase.isTerminal else {
      await env.lease.release()
      throw PortError(
        .refused, "there is no promotion to go on with", remedy: "Start one:  sluice plan TAG")
    }
    promotion = active
    actor = replay.actor
    ticket = replay.ticket
    intended = replay.intended
    guard let request else { return try await run(active.outstanding) }
    return try await run(active.outstanding, first: .asked(request))
  }

  /// Takes the lease, then reads the ledger: nobody else writes it from here on.
  private func takeOver() async throws(PortError) -> Replay {
    try await env.lease.acquire(note: "sluice controller")
    do throws(PortError) {
      let replay = try await readLedger()
      epoch = replay.epoch.next
      return replay
    } catch {
      await env.lease.release()
      throw error
    }
  }

  private func readLedger() async throws(PortError) -> Replay {
    let entries = try await env.ledger.read()
    do { return try Replay(entries) } catch {
      throw PortError(
        .failed, "the ledger does not add up: \(error)", remedy: "See:  sluice audit log")
    }
  }

  private func run(_ orders: [Order], first request: Observation? = nil) async throws(PortError)
    -> Promotion
  {
    let result: Result<Promotion, PortError> = await withTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      do throws(PortError) {
        guard let promotion else { throw PortError(.failed, "no promotion was begun") }
        let gateways = promotion.plan.fleet.gateways
        await desk.open(arms: Dictionary(uniqueKeysWithValues: gateways.map { ($0.name, $0.arm) }))
        let back = try await listen(for: promotion.id, in: &group)
        let asked = if let request { try await record(request) } else { [Order]() }
        let again = try await record(.leased(epoch))
        if let ended = self.promotion, ended.phase.isTerminal { return .success(ended) }
        let open = (orders + back + asked).filter {
          self.promotion?.outstanding.contains($0) == true
        }
        try await dispatch(open + again, in: &group)
        for await observation in mailbox {
          let orders = try await recordOrGoBack(observation)
          if let ended = self.promotion, ended.phase.isTerminal { return .success(ended) }
          try await dispatch(orders, in: &group)
        }
        throw PortError(.unknown, "the controller was stopped")
      } catch { return .failure(error) }
    }
    await env.lease.release()
    return try result.get()
  }

  /// Takes up the evidence. A way back needs none: what is wrong with it keeps nothing from its end.
  private func listen(for id: PromotionID, in group: inout TaskGroup<Void>)
    async throws(PortError) -> [Order]
  {
    var back: [Order] = []
    for source in [env.evidence, env.runs].compactMap(\.self) {
      do throws(PortError) {
        let batches = try await source.batches(for: id)
        group.addTask { [desk] in for await batch in batches { await desk.take(batch) } }
      } catch {
        if promotion?.phase.isRetreat == true { continue }
        back += try await goBack(because: error)
      }
    }
    return back
  }

  /// Intents of everything that moves are durable before any of it begins.
  private func dispatch(_ orders: [Order], in group: inout TaskGroup<Void>) async throws(PortError)
  {
    var orders = orders
    do throws(PortError) { try await intend(orders) } catch {
      let back = try await goBack(because: error)
      orders = orders.filter { promotion?.outstanding.contains($0) == true } + back
      try await intend(orders)
    }
    guard let plan = promotion?.plan else { return }
    let (executor, epoch, post) = (executor, epoch, post)
    for order in orders {
      let began = promotion?.beganAt(order.id)
      group.addTask {
        let outcome = await executor.execute(order, plan: plan, epoch: epoch, began: began)
        if !Task.isCancelled { post.yield(.finished(order.id, outcome)) }
      }
    }
  }

  private func intend(_ orders: [Order]) async throws(PortError) {
    for order in orders where order.command.moves && !intended.contains(order.id) {
      _ = try await record(.intended(order))
      intended.insert(order.id)
    }
  }

  /// What cannot be recorded must not be done, and a share that nobody watches must not stay: on a
  /// full disk the promotion goes back, on the ledger's reserve.
  private func recordOrGoBack(_ observation: Observation) async throws(PortError) -> [Order] {
    do throws(PortError) { return try await record(observation) } catch {
      let back = try await goBack(because: error)
      return try await back + record(observation)
    }
  }

  private func goBack(because error: PortError) async throws(PortError) -> [Order] {
    guard error.kind == .outOfSpace, promotion?.phase.isRetreat == false else { throw error }
    return try await record(
      .asked(Request(action: .rollBack, actor: "sluice", reason: error.message)))
  }

  /// To the ledger first, then to the promotion.
  private func record(_ observation: Observation) async throws(PortError) -> [Order] {
    guard var next = promotion else { return [] }
    // What comes of an order that was given up since says nothing any more.
    if case .finished(let id, _) = observation,
      !next.outstanding.contains(where: { $0.id == id })
    {
      return []
    }
    let moment = try await append([observation], to: next)
    let orders = next.handle(observation, at: moment)
    promotion = next
    return orders
  }

  /// All of them in one durable motion.
  @discardableResult
  private func append(_ observations: [Observation], to promotion: Promotion)
    async throws(PortError) -> Moment
  {
    let moment = env.time.now()
    var trial = promotion
    var drafts: [LedgerDraft] = []
    for observation in observations {
      do {
        drafts.append(
          try Recording.draft(
            observation, of: trial, actor: actor, ticket: ticket, epoch: epoch, at: moment))
      } catch {
        throw PortError(.failed, "an observation cannot be written to the ledger: \(error)")
      }
      _ = trial.handle(observation, at: moment)
    }
    // A rollback must always be recordable: it may draw on the reserve of a full disk.
    let isRetreat = trial.phase.isRetreat || promotion.phase.isRetreat
    _ = try await env.ledger.append(drafts, mayUseReserve: isRetreat)
    return moment
  }
}
