import SluiceCore
import SluiceLedger
import SluicePorts

/// One controller's work on one promotion, as a value without I/O. The session decides which lines
/// must be durable before which effects, which orders run, and what happens if the ledger refuses a
/// line. The real controller and both tiers of the simulator only perform its effects.
///
/// Call `next(at:)` until it returns nil, perform each effect, and pass the result to
/// `take(_:at:)`.
public struct Session: Sendable {
  /// An effect outside the session. Effects are performed in order.
  public enum Effect: Sendable {
    /// Make these lines durable, all or none, and answer with `.appended`. No other effect comes
    /// before the answer.
    case append(Lines)
    /// Open the sources of evidence, and answer with `.listening`. No other effect comes before the
    /// answer.
    case listen
    /// Perform the call, and answer with `.answered` at any later time.
    case ask(OperationID, CallTag, Call)
    /// The promotion after a request, for the sender that waits for it.
    case tell(sender: Int, Promotion)
    /// The promotion or this controller has ended; the last effect.
    case end(Result<Promotion, PortError>)
  }

  public enum Event: Sendable {
    case appended(Result<Void, PortError>)
    case listening(Result<Void, PortError>)
    case answered(OperationID, CallTag, Result<Answer, PortError>)
    /// A person's request.
    case asked(Request, sender: Int?)
    case heard(EvidenceBatch)
    /// Another controller may hold the lease now, so this one stops and writes nothing more.
    case lostLease(PortError)
  }

  /// Lines of the ledger and their context.
  public struct Lines: Sendable {
    public var events: [PromotionEvent]
    /// The promotion before the first line.
    public var promotion: Promotion
    public var moment: Moment
    /// A rollback may use the reserve of a full disk.
    public var mayUseReserve: Bool
    /// The operator who began the promotion, and the ticket.
    public var actor: String
    public var ticket: String
    public var epoch: Epoch
  }

  /// The reaction if the ledger refuses a line because the disk is full or another program changed
  /// the ledger.
  enum Insistence: Sendable, Hashable {
    /// This controller ends.
    case none
    /// Begin a rollback first, then write the line. An order that cannot be recorded must not run,
    /// and a share that no controller watches must not stay.
    case beginRollback
    /// The same for an intent: the rollback determines the orders from then on.
    case beginRollbackInstead
    /// If another program changed the ledger, begin the rollback; on a full disk, end.
    case beginRollbackIfAltered
    /// After a foreign change the ledger continues in a new file: write the line there. If the new
    /// file is changed too, retry a few times.
    case again(left: Int)

    static let insistent = Self.again(left: 8)
  }

  /// The remaining work for the present event, next one last.
  enum Work: Sendable {
    case begin(Approval?)
    case listen
    case record(PromotionEvent, Insistence)
    case tell(sender: Int)
    case rollBack(because: PortError)
    /// If the promotion has not ended, dispatch its orders.
    case settle
    /// Write the next intent that is not yet in the ledger.
    case intend(Insistence)
    /// Drop orders that the promotion has given up.
    case forgetOrders
    case perform
  }

  public internal(set) var promotion: Promotion
  public let epoch: Epoch
  let actor: String
  let ticket: String

  /// Orders whose intent is durable.
  var intended: Set<OperationID>
  /// Everything that the ledger intended, in any promotion.
  var ledger: LedgerWord
  var evidence: Evidence
  var runs: [OperationID: OrderRun] = [:]
  /// The promotion's new orders since the event, for the dispatch.
  var orders: [Order] = []

  var inbox: [Incoming] = []
  var outbox: [Effect] = []
  var work: [Work] = []
  /// The state that becomes valid once the written lines are durable.
  var pending: Pending?
  var hasEnded = false

  /// An event that waits for its turn.
  enum Incoming: Sendable {
    case asked(Request, sender: Int?)
    case answered(OperationID, CallTag, Result<Answer, PortError>)
    case finished(OperationID, Outcome)
  }

  struct Pending: Sendable {
    /// Nil while the sources of evidence are being opened.
    var event: PromotionEvent?
    var next: Promotion
    var orders: [Order]
    var insistence: Insistence
  }

  /// Begins a promotion after the ledger's lines. Throws `.refused` if the ledger's last promotion
  /// has not ended.
  ///
  /// - Parameters:
  ///   - recorded: operations that the ledger intended, in any promotion.
  ///   - approval: the promotion decides from the ledger whether the approval suffices.
  public static func begin(
    _ id: PromotionID, plan: FrozenPlan, approval: Approval?, actor: String, ticket: String,
    after replay: Replay, recorded: Set<OperationID> = [], evidence: Evidence, at moment: Moment
  ) throws(PortError) -> Session {
    if let active = replay.promotion, !active.phase.isTerminal {
      throw PortError(
        .refused, "promotion \(active.id) is still \(active.phase.title)",
        remedy: "Go on with it:  sluice resume   or end it:  sluice rollback")
    }
    let epoch = replay.epoch.next
    let begun = Promotion.begin(id, plan: plan, at: moment)
    var session = Session(
      begun.promotion, actor: Speech.text(actor), ticket: Speech.text(ticket), epoch: epoch,
      intended: [], recorded: recorded, evidence: evidence)
    session.orders = begun.orders
    session.work = [
      .settle, .forgetOrders, .record(.leased(epoch), .none), .listen, .begin(approval),
    ]
    return session
  }

  /// Continues the active promotion from the ledger alone; first handles a person's request, if
  /// there is one. Throws `.refused` if there is no promotion to continue.
  public static func resume(
    _ replay: Replay, with request: Request?, recorded: Set<OperationID> = [], evidence: Evidence
  ) throws(PortError) -> Session {
    guard let promotion = replay.promotion, !promotion.phase.isTerminal else {
      throw PortError(
        .refused, "there is no promotion to go on with", remedy: "Start one:  sluice plan TAG")
    }
    let epoch = replay.epoch.next
    var session = Session(
      promotion, actor: replay.actor, ticket: replay.ticket, epoch: epoch,
      intended: replay.intended, recorded: recorded, evidence: evidence)
    session.orders = promotion.outstanding
    let asked = request.map { [Work.record(.asked($0), .beginRollbackIfAltered)] } ?? []
    session.work =
      [.settle, .forgetOrders, .record(.leased(epoch), .beginRollbackIfAltered)] + asked + [.listen]
    return session
  }

  private init(
    _ promotion: Promotion, actor: String, ticket: String, epoch: Epoch,
    intended: Set<OperationID>, recorded: Set<OperationID>, evidence: Evidence
  ) {
    self.promotion = promotion
    self.actor = actor
    self.ticket = ticket
    self.epoch = epoch
    self.intended = intended
    ledger = LedgerWord(epoch: epoch, operations: recorded.union(intended))
    self.evidence = evidence
    let gateways = promotion.plan.fleet.gateways
    // A plan is a file, so a host may appear twice.
    self.evidence.open(
      arms: Dictionary(gateways.map { ($0.name, $0.arm) }) { first, _ in first })
  }

  // MARK: Driving it

  /// The next effect; nil until the next event.
  public mutating func next(at moment: Moment) -> Effect? {
    while !hasEnded {
      if !outbox.isEmpty {
        let effect = outbox.removeFirst()
        if case .end = effect { hasEnded = true }
        return effect
      }
      guard pending == nil else { return nil }
      if let work = work.popLast() {
        perform(work, at: moment)
      } else if !inbox.isEmpty {
        handle(inbox.removeFirst(), at: moment)
      } else {
        return nil
      }
    }
    return nil
  }

  /// Handles an event: an effect's result, a request, evidence, or a lost lease.
  public mutating func take(_ event: Event, at moment: Moment) {
    switch event {
    case .appended(let result): appended(result)
    case .listening(let result):
      evidence.beginTraffic(
        within: promotion.plan.fleet.probe.doctorMilliseconds, at: moment.wallMilliseconds)
      listening(result)
    case .heard(let batch): evidence.take(batch, now: moment.wallMilliseconds)
    case .lostLease(let error): end(.failure(error))
    case .answered(let order, let tag, let answer): inbox.append(.answered(order, tag, answer))
    case .asked(let request, let sender): inbox.append(.asked(request, sender: sender))
    }
  }

  private mutating func handle(_ incoming: Incoming, at moment: Moment) {
    switch incoming {
    case .asked(let request, let sender):
      let told = sender.map { [Work.tell(sender: $0)] } ?? []
      work = [.settle] + told + [.record(.asked(request), .beginRollback)]
    case .answered(let order, let tag, let answer):
      guard let step = runs[order]?.take(answer, of: tag, at: moment) else { return }
      follow(step, of: order, at: moment)
    case .finished(let order, let outcome):
      work = [.settle, .record(.finished(order, outcome), .beginRollback)]
    }
  }

  mutating func end(_ result: Result<Promotion, PortError>) {
    outbox.removeAll { if case .tell = $0 { false } else { true } }
    outbox.append(.end(result))
    work = []
    inbox = []
  }

  // MARK: Runs

  mutating func start(_ order: Order, at moment: Moment) {
    var run = OrderRun(
      order, plan: promotion.frozenPlan, ledger: ledger, began: promotion.beganAt(order.id),
      stuck: promotion.stuck?.failure)
    let step = run.start(at: moment)
    runs[order.id] = run
    follow(step, of: order.id, at: moment)
  }

  private mutating func follow(_ step: OrderRun.Step, of order: OperationID, at moment: Moment) {
    switch step {
    case .wait: break
    case .ask(let calls):
      for (tag, call) in calls { outbox.append(.ask(order, tag, call)) }
    case .probe(let hosts):
      let busy = evidence.busyTenants(at: moment.wallMilliseconds)
      for host in hosts {
        let question: HostQuestion =
          promotion.plan.hasDeadMan(on: host)
          ? .attend(ledger.epoch, busy: busy) : .probe(busy: busy)
        outbox.append(
          .ask(order, .host(host), .query(host, question, deadline: RunContext.lookDeadline)))
      }
    case .judge(let watch):
      finish(
        order,
        .assessed(
          watch.judged(by: &evidence, limits: promotion.plan.fleet.judge, at: moment)))
    case .done(let outcome): finish(order, outcome)
    }
  }

  private mutating func finish(_ order: OperationID, _ outcome: Outcome) {
    runs[order] = nil
    inbox.append(.finished(order, outcome))
  }
}
