/// One attempt to move the fleet from release A to release B: a value without I/O.
///
/// It is told observations and answers with orders; the same observations give the same orders, so
/// replaying the ledger rebuilds it, and the orders that are still outstanding are what a successor
/// executes again, with the same ids.
public struct Promotion: Sendable, Hashable {
  public let id: PromotionID
  public var plan: Plan { _read { yield frozen.plan } }
  /// Two of one identity have one plan: that is told without a comparison.
  package var planIdentity: ObjectIdentifier { ObjectIdentifier(frozen) }
  /// The same, for who makes another of it.
  package var frozenPlan: FrozenPlan { frozen }
  public internal(set) var phase: Phase = .planned
  public internal(set) var epoch = Epoch(0)
  public internal(set) var isPaused = false
  /// What was last read back from the balancer; nil before the first change.
  public internal(set) var weights: Weights
  public internal(set) var balancer: BalancerState?
  public internal(set) var hosts: [HostName: HostState] = [:]
  public internal(set) var outstanding: [Order] = []
  public internal(set) var watch: Watch?
  /// When the current step's share was read back, or the current phase began.
  public internal(set) var since: Moment
  public internal(set) var startedAt: Moment
  public internal(set) var steps: [StepRecord] = []
  /// Why it goes back; nil on the way up.
  public internal(set) var rollbackCause: RollbackCause?
  public internal(set) var verdictAt: Moment?
  public internal(set) var recoveryMilliseconds: Int64?
  public internal(set) var lastFailure: String?
  /// The way back cannot set the share; nil while it can.
  public internal(set) var stuck: Stuck?
  /// The last remarks on the evidence, newest last.
  public internal(set) var notices: [Notice] = []
  static let keptNotices = 5
  /// Hosts that did not answer the last look, and since which one they have not.
  public internal(set) var silentSince: [HostName: Moment] = [:]
  /// Who accepted what the plan demands.
  public internal(set) var approval: Approval?
  /// When a person paused it, and how long this phase has been paused before: the progress
  /// deadline does not run meanwhile.
  var pausedAt: Moment?
  var pausedMilliseconds: Int64 = 0
  var isArchived = false
  /// Orders whose intent is on disk: they may have been done. The others have never begun.
  var begun: [OperationID: Moment] = [:]
  /// The pin epoch when the way back began to empty the canary.
  var drainsSince: Int64 = 0
  /// The highest generation that was ever ordered: a later order always outranks an earlier one.
  var issuedGeneration: Int64
  var counter = 0
  let frozen: FrozenPlan

  /// What keeps a way back from setting the share: the balancer is away, deaf, or refuses it.
  public struct Stuck: Sendable, Hashable {
    public var since: Moment
    /// What became of it last; with the weights that the balancer reads back, where it says them.
    public var failure: CommandFailure
    /// How often that was recorded.
    public var tries: Int
  }

  /// What the promotion believes of a host, by what was read back from it.
  public struct HostState: Sendable, Hashable {
    public enum Runs: Sendable, Hashable {
      /// The release of the archived state, which a way back leads to.
      case archived
      /// The release that a promotion brings, and that a later way back comes from.
      case target
      case unknown
    }

    public var runs: Runs
    public var isPlaced = false
    /// Its slice is there, and nothing names it yet.
    public var isPrepared = false
    public var fault: String?
    public var lastSwing: SwingReport?
    /// The swing that may have copied its state and started the new build on it. Known from its
    /// intent on: what became of it may never be told.
    public var stateCopiedBy: OperationID?

    init(runs: Runs) { self.runs = runs }

    /// Whether nothing of the new release is left on it: placing a slice moves `next`.
    var isBack: Bool { runs == .archived && !isPlaced }
  }

  /// A step as it was climbed, for the summary.
  public struct StepRecord: Sendable, Hashable {
    public var intended: Share
    /// Pinned to the canary.
    public var tenants: [String]
    public var measured: Assessment.MeasuredShare?
    /// The tenants' sessions.
    public var pinnedSessions = 0
    public var canarySessions: Int
    public var beganAt: Moment
  }

  /// Begins with the plan; returns the first orders.
  public static func begin(_ id: PromotionID, plan: Plan, at moment: Moment) -> (
    promotion: Promotion, orders: [Order]
  ) { begin(id, plan: FrozenPlan(plan), at: moment) }

  public static func begin(_ id: PromotionID, plan: FrozenPlan, at moment: Moment) -> (
    promotion: Promotion, orders: [Order]
  ) {
    var promotion = Promotion(id: id, plan: plan, at: moment)
    let orders = promotion.start(at: moment)
    return (promotion, orders)
  }

  private init(id: PromotionID, plan frozen: FrozenPlan, at moment: Moment) {
    self.id = id
    self.frozen = frozen
    let plan = frozen.plan
    weights = plan.snapshot.weights
    issuedGeneration = plan.snapshot.weights.generation
    since = moment
    startedAt = moment
    let runs: HostState.Runs = plan.purpose == .promote ? .archived : .target
    for host in plan.fleet.gateways {
      let isBack = plan.alreadyBack?.contains(host.name) == true
      hosts[host.name] = HostState(runs: isBack ? .archived : runs)
    }
  }

  /// Handles an observation and returns what shall be done now.
  public mutating func handle(_ observation: Observation, at moment: Moment) -> [Order] {
    guard !phase.isTerminal else { return [] }
    switch observation {
    case .started: return []
    case .approved(let approval):
      self.approval = approval
      return []
    case .intended(let order):
      begun[order.id] = moment
      if case .swing(let swing) = order.command, swing.state?.copies == true {
        hosts[swing.host]?.stateCopiedBy = order.id
      }
      return []
    case .leased(let epoch):
      self.epoch = max(self.epoch, epoch)
      return rebase(at: moment)
    case .asked(let request): return handle(request, at: moment)
    case .finished(let id, let outcome):
      guard let index = outstanding.firstIndex(where: { $0.id == id }) else { return [] }
      let order = outstanding.remove(at: index)
      begun[id] = nil
      return handle(outcome, of: order.command, at: moment)
    }
  }

  /// After a reboot the monotonic clock began anew: what was held so far cannot be counted. And the
  /// end that its predecessor was about to tell rests on what that one saw, however long ago: whoever
  /// tells it has looked himself.
  private mutating func rebase(at moment: Moment) -> [Order] {
    if moment.boot != since.boot {
      since = moment
      pausedMilliseconds = 0
      if isPaused { pausedAt = moment }
    }
    for case .conclude(let conclusion) in outstanding.map(\.command) {
      switch conclusion {
      case .rolledBack:
        outstanding.removeAll()
        return [order(.verify)]
      case .completed:
        // It bakes anew: nobody watched meanwhile, and that is no lack of progress.
        outstanding.removeAll()
        enter(.settling, at: moment)
        return [order(assessment())]
      case .refused, .aborted: break
      }
    }
    return []
  }

  private mutating func start(at moment: Moment) -> [Order] {
    switch plan.purpose {
    case .promote:
      phase = .preflight
      return [order(.preflight)]
    case .revert, .revertNow:
      return beginRollback(.plan, at: moment)
    }
  }

  private mutating func handle(_ request: Request, at moment: Moment) -> [Order] {
    switch request.action {
    case .pause:
      // The way back is not paused.
      guard !phase.isRollingBack else { return [] }
      if !isPaused { pausedAt = moment }
      isPaused = true
      return []
    case .resume:
      pausedMilliseconds += pausedAt.flatMap { moment.milliseconds(since: $0) } ?? 0
      pausedAt = nil
      isPaused = false
      return outstanding.isEmpty ? advance(at: moment) : []
    case .verify:
      guard phase == .rolledBackUnverified else { return [] }
      outstanding.removeAll { if case .wait = $0.command { true } else { false } }
      return outstanding.isEmpty ? retryRollback(at: moment) : []
    case .abort where phase == .preflight || phase == .planned:
      return conclude(.aborted(by: request.actor))
    case .abort, .rollBack:
      guard !phase.isRollingBack else { return [] }
      guard phase != .preflight, phase != .planned else {
        return conclude(.aborted(by: request.actor))
      }
      return beginRollback(.request(request), at: moment)
    }
  }

  private mutating func handle(_ outcome: Outcome, of command: Command, at moment: Moment)
    -> [Order]
  {
    note(outcome, of: command, at: moment)
    if phase.isRollingBack { return retreat(after: outcome, of: command, at: moment) }
    return climb(after: outcome, of: command, at: moment)
  }

  /// Takes what was read back into the promotion's picture, whatever the phase.
  private mutating func note(_ outcome: Outcome, of command: Command, at moment: Moment) {
    switch (command, outcome) {
    case (_, .applied(let state)):
      balancer = state
      weights = state.weights
    case (.prepare(let host), .placed(let report)):
      hosts[host]?.isPrepared = true
      // An older agent links `next` all the same.
      if report.links != false { hosts[host]?.isPlaced = true }
    case (.prepare(let host), .failed(let failure)):
      hosts[host]?.fault = failure.message
    case (.place(let host), .placed):
      hosts[host]?.isPlaced = true
    case (.place(let host), .failed(let failure)) where failure.isUnknown:
      hosts[host]?.isPlaced = true
    case (.swing(let order), .swung(let report)):
      note(report, of: order)
    case (.swing(let order), .failed(let failure)):
      hosts[order.host]?.runs = .unknown
      hosts[order.host]?.fault = failure.message
    case (.assess, .assessed(let watch)):
      self.watch = watch
      notices = (notices + (watch.notices ?? [])).suffix(Self.keptNotices)
      let silent = watch.hosts.filter { $0.value.status == nil }
      silentSince = silent.reduce(into: [:]) { $0[$1.key] = silentSince[$1.key] ?? moment }
      if let state = watch.balancer {
        balancer = state
        issuedGeneration = max(issuedGeneration, state.weights.generation)
      }
      if case .ramping = phase, watch.assessment.generation == weights.generation {
        steps[steps.count - 1].measured = watch.assessment.share
        steps[steps.count - 1].pinnedSessions = watch.assessment.pinned ?? 0
        steps[steps.count - 1].canarySessions = watch.assessment.canary.sessions
      }
    case (.verify, .verified(let verification)):
      // What somebody else set is what a retry has to take back.
      guard let found = verification.weights else { break }
      weights = found
      issuedGeneration = max(issuedGeneration, found.generation)
    default: break
    }
    if case .failed(let failure) = outcome { lastFailure = failure.message }
  }

  /// A host runs a release when its process says so and its probe does not fail; else nobody knows. On
  /// the way back one that was given back for it serves: whether all is as it was archived is for the
  /// verification to say, and another swing would only take it away again.
  private mutating func note(_ report: SwingReport, of order: SwingOrder) {
    let isReturn = order.release == plan.snapshot.release
    let serves = phase.isRollingBack && isReturn && report.mayServe(after: order, of: plan)
    let fault = serves ? nil : unproven(report, after: order)
    hosts[order.host]?.runs = fault != nil ? .unknown : isReturn ? .archived : .target
    hosts[order.host]?.lastSwing = report
    hosts[order.host]?.fault = fault
    let archived = plan.snapshot.hosts[order.host]?.links.next
    if fault == nil, isReturn, order.next == archived { hosts[order.host]?.isPlaced = false }
  }

  mutating func order(_ command: Command) -> Order {
    counter += 1
    let order = Order(id: OperationID(promotion: id, number: counter), command: command)
    outstanding.append(order)
    return order
  }

  mutating func conclude(_ conclusion: Conclusion) -> [Order] {
    outstanding.removeAll()
    return [order(.conclude(conclusion))]
  }

  mutating func enter(_ phase: Phase, at moment: Moment) {
    self.phase = phase
    since = moment
    pausedMilliseconds = 0
    if isPaused { pausedAt = moment }
  }

  /// When the intent of an outstanding order became durable: it may have been begun then. Nil when it
  /// has not begun, and for orders that move nothing.
  public func beganAt(_ id: OperationID) -> Moment? { begun[id] }

  func isBusy(_ host: HostName) -> Bool { outstanding.contains { $0.command.host == host } }

  /// Weights as they come after the current ones.
  mutating func nextWeights(
    share: Share, tenants: [String] = [], unpin: Bool = false
  ) -> Weights {
    issuedGeneration += 1
    return Weights(
      share: share, tenants: tenants, pinEpoch: weights.pinEpoch + (unpin ? 1 : 0),
      generation: issuedGeneration)
  }

  /// The share and the tenants of before the promotion.
  mutating func archivedWeights() -> Weights {
    let archived = plan.snapshot.weights
    return nextWeights(share: archived.share, tenants: archived.tenants)
  }
}
