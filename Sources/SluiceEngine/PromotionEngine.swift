import SluiceCore
import SluiceLedger
import SluicePorts

/// Owns one promotion: writes what it learns to the ledger, tells the promotion, and has its orders
/// performed. There is no policy here.
public actor PromotionEngine {
  private let env: Env
  private let executor: Executor
  private let desk: EvidenceDesk
  private let mailbox: AsyncStream<Letter>
  private let post: AsyncStream<Letter>.Continuation
  private var senders: [Int: CheckedContinuation<Result<Promotion, PortError>, Never>] = [:]
  private var lastSender = 0
  private var hasEnded = false
  private var promotion: Promotion?
  private var intended: Set<OperationID> = []
  /// What earlier lines of the ledger intended, of whatever promotion.
  private var recorded: Set<OperationID> = []
  private var epoch = Epoch(0)
  private var actor = ""
  private var ticket = ""

  /// Something that the promotion is told, and who waits for it.
  private struct Letter: Sendable {
    var observation: Observation
    var sender: Int?
    /// Later than this nobody counts on it any more.
    var limit: Moment?
  }

  public init(env: Env) {
    self.env = env
    desk = EvidenceDesk(judge: env.makeJudge(), runJudge: env.makeJudge())
    executor = Executor(env: env, desk: desk)
    (mailbox, post) = AsyncStream.makeStream(of: Letter.self)
  }

  /// What the promotion is now; nil before it began.
  public func current() -> Promotion? { promotion }

  /// A person's wish; it is in the ledger before anything comes of it.
  public func ask(_ request: Request) { post.yield(Letter(observation: .asked(request))) }

  /// The same for somebody who waits until the promotion has taken it: returns the promotion as it is
  /// then. Throws `.refused` when it has ended, or ends before.
  ///
  /// - Parameter limit: after this moment it is refused; nil: whenever it is read.
  public func deliver(_ request: Request, until limit: Moment? = nil) async throws(PortError)
    -> Promotion
  {
    guard !hasEnded else { throw Self.gone }
    lastSender += 1
    let sender = lastSender
    let result = await withCheckedContinuation { waiting in
      senders[sender] = waiting
      post.yield(Letter(observation: .asked(request), sender: sender, limit: limit))
    }
    return try result.get()
  }

  private static let gone = PortError(
    .refused, "the promotion has just ended", remedy: "See how:  sluice status")

  /// Whoever sent it was told that it did not arrive: it is not carried out behind his back.
  private func isTooLate(_ letter: Letter) -> Bool {
    guard let limit = letter.limit, env.time.now().milliseconds(since: limit) ?? 1 > 0 else {
      return false
    }
    tell(
      letter.sender,
      .failure(PortError(.refused, "the request came too late, and was not carried out")))
    return true
  }

  private func tell(_ sender: Int?, _ result: Result<Promotion, PortError>) {
    guard let sender else { return }
    senders.removeValue(forKey: sender)?.resume(returning: result)
  }

  /// From here on nobody is heard any more.
  private func close() {
    hasEnded = true
    for sender in senders.keys { tell(sender, .failure(Self.gone)) }
  }

  /// Runs a plan from its beginning. Throws `.refused` when another promotion is active or another
  /// writer holds the lease; nothing was moved then.
  ///
  /// - Parameter approval: whether it is enough is the promotion's to say, by the ledger.
  public func start(
    _ id: PromotionID, plan: Plan, actor: String, ticket: String, approval: Approval? = nil
  ) async throws(PortError) -> Promotion {
    defer { close() }
    let replay = try await takeOver()
    if let active = replay.promotion, !active.phase.isTerminal {
      await env.lease.release()
      throw PortError(
        .refused, "promotion \(active.id) is still \(active.phase.title)",
        remedy: "Go on with it:  sluice resume   or end it:  sluice rollback")
    }
    self.actor = Speech.text(actor)
    self.ticket = Speech.text(ticket)
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
    defer { close() }
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
    recorded = Set(
      entries.lazy.map(\.operation).filter { !$0.isEmpty }.map(OperationID.init(rawValue:)))
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
        // A plan is a file: it may name a host twice.
        let arms = Dictionary(gateways.map { ($0.name, $0.arm) }) { first, _ in first }
        await desk.open(arms: arms)
        let back = try await listen(for: promotion.id, in: &group)
        let asked = if let request { try await record(request) } else { [Order]() }
        let again = try await record(.leased(epoch))
        if let ended = self.promotion, ended.phase.isTerminal { return .success(ended) }
        let open = (orders + back + asked).filter {
          self.promotion?.outstanding.contains($0) == true
        }
        try await dispatch(open + again, in: &group)
        for await letter in mailbox {
          if isTooLate(letter) { continue }
          let orders = try await recordOrGoBack(letter.observation)
          if let taken = self.promotion { tell(letter.sender, .success(taken)) }
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
        group.addTask { [desk, time = env.time] in
          for await batch in batches { await desk.take(batch, now: time.now().wallMilliseconds) }
        }
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
      try await intend(orders, isInsisting: true)
    }
    guard let plan = promotion?.plan else { return }
    let (executor, post) = (executor, post)
    let ledger = LedgerWord(epoch: epoch, operations: recorded.union(intended))
    let stuck = promotion?.stuck?.failure
    for order in orders {
      let began = promotion?.beganAt(order.id)
      group.addTask {
        let outcome = await executor.execute(
          order, plan: plan, ledger: ledger, began: began, stuck: stuck)
        guard !Task.isCancelled else { return }
        post.yield(Letter(observation: .finished(order.id, outcome)))
      }
    }
  }

  private func intend(_ orders: [Order], isInsisting: Bool = false) async throws(PortError) {
    for order in orders where order.command.moves && !intended.contains(order.id) {
      let intent = Observation.intended(order)
      _ = try await isInsisting ? insist(intent) : record(intent)
      intended.insert(order.id)
    }
  }

  /// What cannot be recorded must not be done, and a share that nobody watches must not stay: on a
  /// full disk the promotion goes back, on the ledger's reserve, and so it does when somebody changed
  /// the ledger under it.
  private func recordOrGoBack(_ observation: Observation) async throws(PortError) -> [Order] {
    do throws(PortError) { return try await record(observation) } catch {
      let back = try await goBack(because: error)
      return try await back + insist(observation)
    }
  }

  private func goBack(because error: PortError) async throws(PortError) -> [Order] {
    guard error.kind == .outOfSpace || error.kind == .altered else { throw error }
    if promotion?.phase.isRetreat != false {
      guard error.kind == .altered else { throw error }
      return []
    }
    return try await insist(
      .asked(Request(action: .rollBack, actor: "sluice", reason: error.message)))
  }

  /// After a change was found the ledger goes on in a new file: what could not be written is written
  /// there. Whoever changes that one, too, is outlived for a while.
  private func insist(_ observation: Observation) async throws(PortError) -> [Order] {
    for _ in 0..<Self.insistence {
      do throws(PortError) { return try await record(observation) } catch {
        guard error.kind == .altered else { throw error }
      }
    }
    return try await record(observation)
  }

  private static let insistence = 8

  /// To the ledger first, then to the promotion.
  private func record(_ observation: Observation) async throws(PortError) -> [Order] {
    guard var next = promotion else { return [] }
    // What comes of an order that was given up since says nothing any more.
    if case .finished(let id, _) = observation,
      !next.outstanding.contains(where: { $0.id == id })
    {
      return []
    }
    let (said, moment) = try await appendWhatFits(observation, to: next)
    let orders = next.handle(said, at: moment)
    promotion = next
    return orders
  }

  /// What the ledger refuses, because it says too much or cannot be written, is told in fewer words:
  /// one answer from outside must not end the controller.
  private func appendWhatFits(_ observation: Observation, to promotion: Promotion)
    async throws(PortError) -> (Observation, Moment)
  {
    var said = observation
    while true {
      do throws(PortError) { return (said, try await append([said], to: promotion)) } catch {
        guard error.kind == .refused, let shorter = said.inFewerWords(error.message) else {
          throw error
        }
        said = shorter
      }
    }
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
        throw PortError(.refused, "an observation cannot be written to the ledger: \(error)")
      }
      _ = trial.handle(observation, at: moment)
    }
    // A rollback must always be recordable: it may draw on the reserve of a full disk.
    let isRetreat = trial.phase.isRetreat || promotion.phase.isRetreat
    _ = try await env.ledger.append(drafts, mayUseReserve: isRetreat)
    return moment
  }
}
