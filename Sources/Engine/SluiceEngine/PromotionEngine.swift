import SluiceCore
import SluiceLedger
import SluicePorts

/// Runs a promotion: takes the lease, reads the ledger, and performs the effects of a session over
/// the ports. It contains no policy.
public actor PromotionEngine {
  private let env: Env
  private let mailbox: AsyncStream<Letter>
  private let post: AsyncStream<Letter>.Continuation
  private var senders: [Int: CheckedContinuation<Result<Promotion, PortError>, Never>] = [:]
  private var lastSender = 0
  private var hasEnded = false
  private var session: Session?

  /// An event for the session, with the sender's time limit.
  private struct Letter: Sendable {
    var event: Session.Event
    /// After this moment the sender no longer waits.
    var limit: Moment?
  }

  public init(env: Env) {
    self.env = env
    (mailbox, post) = AsyncStream.makeStream(of: Letter.self)
  }

  /// The promotion's present state; nil before the beginning.
  public func current() -> Promotion? { session?.promotion }

  // MARK: Persons

  /// A person's request. The ledger records the request before it has an effect.
  public func ask(_ request: Request) {
    post.yield(Letter(event: .asked(request, sender: nil)))
  }

  /// Passes a request and waits until the promotion has handled it; returns the promotion of that
  /// moment. Throws `.refused` if the promotion has ended or ends first.
  ///
  /// - Parameter limit: after this moment the request is refused; nil: no limit.
  public func deliver(_ request: Request, until limit: Moment? = nil) async throws(PortError)
    -> Promotion
  {
    guard !hasEnded else { throw Self.gone }
    lastSender += 1
    let sender = lastSender
    let result = await withCheckedContinuation { waiting in
      senders[sender] = waiting
      post.yield(Letter(event: .asked(request, sender: sender), limit: limit))
    }
    return try result.get()
  }

  private static let gone = PortError(
    .refused, "the promotion has just ended", remedy: "See how:  sluice status")

  /// The sender of a late request was told that it did not arrive, so the request must have no
  /// effect.
  private func isTooLate(_ letter: Letter) -> Bool {
    guard case .asked(_, let sender?) = letter.event, let limit = letter.limit,
      env.time.now().milliseconds(since: limit) ?? 1 > 0
    else { return false }
    tell(
      sender, .failure(PortError(.refused, "the request came too late, and was not carried out")))
    return true
  }

  private func tell(_ sender: Int, _ result: Result<Promotion, PortError>) {
    senders.removeValue(forKey: sender)?.resume(returning: result)
  }

  /// Refuses all further requests.
  private func close() {
    hasEnded = true
    for sender in senders.keys { tell(sender, .failure(Self.gone)) }
  }

  // MARK: Beginning

  /// Runs a plan from its beginning. Throws `.refused` if another promotion is active or another
  /// writer holds the lease; nothing has moved then.
  ///
  /// - Parameter approval: the promotion decides from the ledger whether the approval suffices.
  public func start(
    _ id: PromotionID, plan: Plan, actor: String, ticket: String, approval: Approval? = nil
  ) async throws(PortError) -> Promotion {
    defer { close() }
    return try await lead { replay, recorded throws(PortError) in
      try Session.begin(
        id, plan: FrozenPlan(plan), approval: approval, actor: actor, ticket: ticket,
        after: replay, recorded: recorded, evidence: evidence, at: env.time.now())
    }
  }

  /// Continues the active promotion from the ledger alone; first handles a person's request, if
  /// there is one.
  public func resume(with request: Request? = nil) async throws(PortError) -> Promotion {
    defer { close() }
    return try await lead { replay, recorded throws(PortError) in
      try Session.resume(replay, with: request, recorded: recorded, evidence: evidence)
    }
  }

  private var evidence: Evidence { Evidence(judge: env.makeJudge(), runJudge: env.makeJudge()) }

  /// Takes the lease, then reads the ledger: from here on no other process writes it.
  private func lead(
    _ begin: (Replay, Set<OperationID>) throws(PortError) -> Session
  ) async throws(PortError) -> Promotion {
    try await env.lease.acquire(note: "sluice controller")
    do throws(PortError) {
      let (replay, recorded) = try await env.readLedger()
      session = try begin(replay, recorded)
    } catch {
      await env.lease.release()
      throw error
    }
    let result = await withTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { [env, post] in
        guard let loss = await env.lease.loss() else { return }
        post.yield(Letter(event: .lostLease(loss)))
      }
      return await run(in: &group)
    }
    await env.lease.release()
    return try result.get()
  }

  // MARK: Effects

  private func run(in group: inout TaskGroup<Void>) async -> Result<Promotion, PortError> {
    var letters = mailbox.makeAsyncIterator()
    while true {
      while let effect = session?.next(at: env.time.now()) {
        switch effect {
        case .append(let lines): take(.appended(await append(lines)))
        case .listen: take(.listening(await listen(in: &group)))
        case .ask(let order, let tag, let call):
          group.addTask { [env, post] in
            let answer = await env.perform(call)
            guard !Task.isCancelled else { return }
            post.yield(Letter(event: .answered(order, tag, answer)))
          }
        case .tell(let sender, let promotion): tell(sender, .success(promotion))
        case .end(let result): return result
        }
      }
      guard let letter = await letters.next() else {
        return .failure(PortError(.unknown, "the controller was stopped"))
      }
      if !isTooLate(letter) { take(letter.event) }
    }
  }

  private func take(_ event: Session.Event) { session?.take(event, at: env.time.now()) }

  private func append(_ lines: Session.Lines) async -> Result<Void, PortError> {
    var trial = lines.promotion
    var drafts: [LedgerDraft] = []
    for event in lines.events {
      do {
        drafts.append(
          try Recording.draft(
            event, of: trial, actor: lines.actor, ticket: lines.ticket, epoch: lines.epoch,
            at: lines.moment))
      } catch {
        return .failure(
          PortError(.refused, "an event cannot be written to the ledger: \(error)"))
      }
      if lines.events.count > 1 { _ = trial.handle(event, at: lines.moment) }
    }
    do throws(PortError) {
      _ = try await env.ledger.append(drafts, mayUseReserve: lines.mayUseReserve)
      return .success(())
    } catch { return .failure(error) }
  }

  private func listen(in group: inout TaskGroup<Void>) async -> Result<Void, PortError> {
    guard let id = session?.promotion.id else { return .failure(Self.gone) }
    var result: Result<Void, PortError> = .success(())
    for source in [env.evidence, env.runs].compactMap(\.self) {
      do throws(PortError) {
        let batches = try await source.batches(for: id)
        group.addTask { for await batch in batches { await self.take(.heard(batch)) } }
      } catch { result = .failure(error) }
    }
    return result
  }
}
