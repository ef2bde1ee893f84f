import SluiceCore
import SluiceLedger
import SluicePorts

/// One controller's work on one promotion, as a value without I/O: what has to be in the ledger before
/// what, what runs, and what to do when the ledger does not take a line. The controller of the product
/// and both tiers of the simulator perform its effects; none of them decides anything.
///
/// Take `next(at:)` until it is nil, perform what it says, and give what comes of that to `take(_:at:)`.
public struct Session: Sendable {
  /// What is to be done outside, in this order.
  public enum Effect: Sendable {
    /// Make these lines durable, all of them or none, and answer with `.appended`. Nothing else comes
    /// before that.
    case append(Lines)
    /// Open the sources of evidence, and answer with `.listening`. Nothing else comes before that.
    case listen
    /// Ask outside, and answer with `.answered`, whenever that is.
    case ask(OperationID, CallTag, Call)
    /// Somebody waited for a request to be taken: this is the promotion after it.
    case tell(sender: Int, Promotion)
    /// The promotion has come to its end, or this controller has. Nothing comes after it.
    case end(Result<Promotion, PortError>)
  }

  public enum Event: Sendable {
    case appended(Result<Void, PortError>)
    case listening(Result<Void, PortError>)
    case answered(OperationID, CallTag, Result<Answer, PortError>)
    /// A person's wish.
    case asked(Request, sender: Int?)
    case heard(EvidenceBatch)
    /// Another controller may lead now: this one does nothing more, and writes nothing.
    case lostLease(PortError)
  }

  /// Lines of the ledger, and what they belong to.
  public struct Lines: Sendable {
    public var observations: [Observation]
    /// Before the first of them.
    public var promotion: Promotion
    public var moment: Moment
    /// A way back may draw on the reserve of a full disk.
    public var mayUseReserve: Bool
    /// Who began it, and what for.
    public var actor: String
    public var ticket: String
    public var epoch: Epoch
  }

  /// What to do when the ledger does not take a line because the disk is full, or because somebody
  /// changed the ledger.
  enum Insistence: Sendable, Hashable {
    /// This controller ends.
    case none
    /// Go back first, then write the line. What cannot be recorded must not be done, and a share that
    /// nobody watches must not stay.
    case beginRollback
    /// The same for an intent: what is done then follows from the way back.
    case beginRollbackInstead
    /// After a change was found the ledger goes on in a new file: write the line there. If the new
    /// file is changed as well, try again a few times.
    case again(left: Int)

    static let insistent = Self.again(left: 8)
  }

  /// What is still to be done for the event that is being taken, next one last.
  enum Work: Sendable {
    case begin(Approval?)
    case listen
    case record(Observation, Insistence)
    case tell(sender: Int)
    case rollBack(because: PortError)
    /// The promotion may have ended; if it has not, its orders are dispatched.
    case settle
    /// The next intent that is not in the ledger yet.
    case intend(Insistence)
    /// Orders that were given up since are not carried out.
    case forgetOrders
    case perform
  }

  public internal(set) var promotion: Promotion
  public let epoch: Epoch
  let actor: String
  let ticket: String

  /// Orders whose intent is durable.
  var intended: Set<OperationID>
  /// What the ledger ever intended, of whatever promotion.
  var ledger: LedgerWord
  var evidence: Evidence
  var runs: [OperationID: OrderRun] = [:]
  /// What the promotion ordered since the event came, for the dispatch.
  var orders: [Order] = []

  var inbox: [Incoming] = []
  var outbox: [Effect] = []
  var work: [Work] = []
  /// What becomes true once the lines on their way are durable.
  var pending: Pending?
  var hasEnded = false

  /// What waits its turn.
  enum Incoming: Sendable {
    case asked(Request, sender: Int?)
    case answered(OperationID, CallTag, Result<Answer, PortError>)
    case finished(OperationID, Outcome)
  }

  struct Pending: Sendable {
    /// Nil while the sources are opened.
    var observation: Observation?
    var next: Promotion
    var orders: [Order]
    var insistence: Insistence
  }

  /// Begins a promotion after all that the ledger has. Throws `.refused` when it has one that has not
  /// ended.
  ///
  /// - Parameters:
  ///   - recorded: operations that the ledger intended, of whatever promotion.
  ///   - approval: whether it is enough is the promotion's to say, by the ledger.
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

  /// Goes on where a controller left off, by the ledger alone; with a person's request, if there is one,
  /// before anything else. Throws `.refused` when there is nothing to go on with.
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
    let asked = request.map { [Work.record(.asked($0), .none)] } ?? []
    session.work = [.settle, .forgetOrders, .record(.leased(epoch), .none)] + asked + [.listen]
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
    // A plan is a file: it may name a host twice.
    self.evidence.open(
      arms: Dictionary(gateways.map { ($0.name, $0.arm) }) { first, _ in first })
  }

  // MARK: Driving it

  /// What is to be done now; nil when there is nothing until the next event.
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

  /// Something happened, or an effect was performed.
  public mutating func take(_ event: Event, at moment: Moment) {
    switch event {
    case .appended(let result): appended(result)
    case .listening(let result): listening(result)
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
