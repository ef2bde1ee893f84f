/// One promotion of the fleet from release A to release B: a value without I/O.
///
/// The promotion handles events and returns orders. The same events give the same orders, so a
/// replay of the ledger rebuilds the promotion. A successor executes the outstanding orders again,
/// with the same ids.
public struct Promotion: Sendable, Hashable {
  public let id: PromotionID
  public var plan: Plan { _read { yield frozen.plan } }
  /// Promotions of equal identity share a plan, which saves a comparison.
  package var planIdentity: ObjectIdentifier { ObjectIdentifier(frozen) }
  /// The frozen plan, for creating a further promotion of the same plan.
  package var frozenPlan: FrozenPlan { frozen }
  public internal(set) var phase: Phase = .planned
  public internal(set) var epoch = Epoch(0)
  public internal(set) var isPaused = false
  /// The weights last read back from the balancer; the archived ones before the first change.
  public internal(set) var weights: Weights
  public internal(set) var balancer: BalancerState?
  public internal(set) var hosts: [HostName: HostState] = [:]
  public internal(set) var outstanding: [Order] = []
  public internal(set) var watch: Watch?
  /// When the current step's share was read back, or when the current phase began.
  public internal(set) var since: Moment
  public internal(set) var startedAt: Moment
  public internal(set) var steps: [StepRecord] = []
  /// Why the promotion rolls back; nil on the way forward.
  public internal(set) var rollbackCause: RollbackCause?
  var rollbackBeganAt: Moment?
  public internal(set) var cuts = RollbackCuts()
  public internal(set) var verdictAt: Moment?
  public internal(set) var recoveryMilliseconds: Int64?
  public internal(set) var lastFailure: String?
  /// The rollback cannot set the share; nil while it can.
  public internal(set) var stuck: Stuck?
  /// The last remarks on the evidence, newest last.
  public internal(set) var notices: [Notice] = []
  /// The number of remarks before these, which only the ledger has.
  public internal(set) var earlierNotices = 0
  static let keptNotices = 5
  /// Hosts that did not answer the last assessment, and since when.
  public internal(set) var silentSince: [HostName: Moment] = [:]
  /// The approval of the plan's demands.
  public internal(set) var approval: Approval?
  /// When a person paused the promotion, and how long earlier pauses of this phase lasted. The
  /// progress deadline does not run during a pause.
  var pausedAt: Moment?
  var pausedMilliseconds: Int64 = 0
  var isArchived = false
  /// Orders whose intent is durable and which may have run. All others have not begun.
  var begun: [OperationID: Moment] = [:]
  /// The pin epoch when the rollback began to empty the canary.
  var drainsSince: Int64 = 0
  /// The highest generation ever ordered; a later order always outranks an earlier one.
  var issuedGeneration: Int64
  var counter = 0
  let frozen: FrozenPlan

  /// Why a rollback cannot set the share: the balancer is away, does not answer, or refuses.
  public struct Stuck: Sendable, Hashable {
    public var since: Moment
    /// The last failure, with the weights that the balancer reads back, if known.
    public var failure: CommandFailure
    /// The number of recorded failures.
    public var tries: Int
  }

  /// A host's state as last read back from the host.
  public struct HostState: Sendable, Hashable {
    public enum Runs: Sendable, Hashable {
      /// The release of the archived state, to which a rollback returns.
      case archived
      /// The release that a promotion brings and a later rollback removes.
      case target
      case unknown
    }

    public var runs: Runs
    public var isPlaced = false
    /// The slice is on the host, and no link names it yet.
    public var isPrepared = false
    public var fault: String?
    /// Its agent may go back by itself. It is set from a swing's intent on.
    public var isArmed = false
    public var lastSwing: SwingReport?
    /// The swing that may have copied the state and started the new build on it. It is set from the
    /// swing's intent on, because the result may never arrive.
    public var stateCopiedBy: OperationID?

    init(runs: Runs) { self.runs = runs }

    /// Whether the host has nothing left of the new release. Placing a slice moves `next`.
    var isBack: Bool { runs == .archived && !isPlaced }
  }

  /// A completed step, for the summary.
  public struct StepRecord: Sendable, Hashable {
    public var intended: Share
    /// The step's tenants, pinned to the canary.
    public var tenants: [String]
    public var measured: Assessment.MeasuredShare?
    /// Sessions of those tenants.
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
    let runs: HostState.Runs = plan.purpose.goesForward ? .archived : .target
    for host in plan.fleet.gateways {
      let isBack = plan.alreadyBack?.contains(host.name) == true
      hosts[host.name] = HostState(runs: isBack ? .archived : runs)
    }
  }

  /// Handles an event and returns the next orders.
  public mutating func handle(_ event: PromotionEvent, at moment: Moment) -> [Order] {
    guard !phase.isTerminal else { return [] }
    switch event {
    case .started: return []
    case .approved(let approval):
      self.approval = approval
      return []
    case .intended(let order):
      begun[order.id] = moment
      if case .swing(let swing) = order.command, swing.state?.copies == true {
        hosts[swing.host]?.stateCopiedBy = order.id
      }
      if case .swing(let swing) = order.command {
        let isArmed = plan.deadMan(of: swing, order.id) != nil
        hosts[swing.host]?.isArmed = isArmed
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

  /// A reboot restarts the monotonic clock, so the time before does not count. The predecessor's
  /// pending conclusion relies on old events, so a successor looks again before it concludes.
  private mutating func rebase(at moment: Moment) -> [Order] {
    if moment.boot != since.boot {
      since = moment
      pausedMilliseconds = 0
      if isPaused { pausedAt = moment }
    }
    for case .conclude(let conclusion) in outstanding.map(\.command) {
      switch conclusion {
      case .rolledBack, .drilled:
        outstanding.removeAll()
        return [order(.verify)]
      case .completed:
        // The bake starts again: no controller watched meanwhile, which is no lack of progress.
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
    case .promote, .drillCanary, .drillRollback:
      phase = .preflight
      return [order(.preflight)]
    case .revert, .revertNow:
      return beginRollback(.plan, at: moment)
    }
  }

  private mutating func handle(_ request: Request, at moment: Moment) -> [Order] {
    switch request.action {
    case .pause:
      // A rollback cannot be paused.
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
    return goForward(after: outcome, of: command, at: moment)
  }

  /// Records the state read back, in any phase.
  private mutating func note(_ outcome: Outcome, of command: Command, at moment: Moment) {
    switch (command, outcome) {
    case (_, .applied(let state)):
      balancer = state
      weights = state.weights
    case (.prepare(let host), .placed(let report)):
      hosts[host]?.isPrepared = true
      // An older agent links `next` nevertheless.
      if report.links != false { hosts[host]?.isPlaced = true }
    case (.prepare(let host), .failed(let failure)):
      hosts[host]?.fault = failure.message
    case (.place(let host), .placed):
      hosts[host]?.isPlaced = true
    case (.place(let host), .failed(let failure)) where failure.isUnknown:
      hosts[host]?.isPlaced = true
    case (.swing(let order), .swung(let report)):
      if phase.isRollingBack { cuts.runs += report.cut }
      note(report, of: order)
    case (.disarm(let host), .disarmed): hosts[host]?.isArmed = false
    case (.evict, .evicted(_, let cut)): cuts.connections += cut
    case (.swing(let order), .failed(let failure)):
      hosts[order.host]?.runs = .unknown
      hosts[order.host]?.fault = failure.message
    case (.assess, .assessed(let watch)):
      self.watch = watch
      notices += watch.notices ?? []
      let excess = max(0, notices.count - Self.keptNotices)
      notices.removeFirst(excess)
      earlierNotices = earlierNotices.addingClamped(excess)
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
      // A retry must take back weights that another writer set.
      guard let found = verification.weights else { break }
      weights = found
      issuedGeneration = max(issuedGeneration, found.generation)
    default: break
    }
    if case .failed(let failure) = outcome { lastFailure = failure.message }
  }

  /// A host runs a release if its process says so and its probe does not fail; otherwise the
  /// release is unknown. In a rollback a host that may serve counts as archived: the verification
  /// decides whether the state equals the archive, and another swing would only take the host away
  /// again.
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

  /// When the intent of an outstanding order became durable and the order may have begun. Nil for
  /// orders that have not begun or that move nothing.
  public func beganAt(_ id: OperationID) -> Moment? { begun[id] }

  func isBusy(_ host: HostName) -> Bool { outstanding.contains { $0.command.host == host } }

  /// The next weights after the current ones.
  mutating func nextWeights(
    share: Share, tenants: [String] = [], unpin: Bool = false
  ) -> Weights {
    issuedGeneration += 1
    return Weights(
      share: share, tenants: tenants, pinEpoch: weights.pinEpoch + (unpin ? 1 : 0),
      generation: issuedGeneration)
  }

  /// The share and tenants from before the promotion.
  mutating func archivedWeights() -> Weights {
    let archived = plan.snapshot.weights
    return nextWeights(share: archived.share, tenants: archived.tenants)
  }
}
