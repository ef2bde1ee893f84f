import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts

/// One controller of tier 1: what `PromotionEngine` does, without a task.
private final class ValueController {
  var promotion: Promotion
  let epoch: Epoch
  var intended: Set<OperationID>
  var sorter: EvidenceSorter
  var performers: [OperationID: Performer] = [:]

  init(promotion: Promotion, epoch: Epoch, intended: Set<OperationID>, sorter: EvidenceSorter) {
    self.promotion = promotion
    self.epoch = epoch
    self.intended = intended
    self.sorter = sorter
  }

  /// Another one that has come as far.
  func fork() -> ValueController {
    let fork = ValueController(
      promotion: promotion, epoch: epoch, intended: intended, sorter: sorter)
    fork.performers = performers
    return fork
  }
}

/// Drives the controllers of a world as values (tier 1): no task and no JSON. Promotion, replay,
/// gates, judge, hosts, balancer and invariants are those of tier 2; the engine, the ledger's bytes
/// and the disk are not in it.
struct ValueStage {
  private struct Owner {
    var controller: Int
    var order: OperationID
    var tag: Performer.Tag
  }

  private(set) var world: World
  private(set) var history = History()
  private let makeJudge: @Sendable () -> any Judge
  private let plan: FrozenPlan
  private var controllers: [Int: ValueController] = [:]
  private var owners: [CallID: Owner] = [:]
  private var leaseHolder: Int?
  private var believed: Promotion?
  private var zombies = 0

  init(
    _ setup: WorldSetup, isStem: Bool = false, judge: @escaping @Sendable () -> any Judge
  ) {
    world = World(setup, isStem: isStem)
    plan = setup.frozen
    makeJudge = judge
  }

  static func run(_ setup: WorldSetup, judge: @escaping @Sendable () -> any Judge) -> WorldReport {
    var stage = ValueStage(setup, judge: judge)
    return stage.run()
  }

  /// One world in so many is written down as a ledger, too, and read back.
  private static let sample: UInt64 = 512

  private func report() -> WorldReport {
    var report = WorldReport(
      world: world, history: history, ledger: [], believed: believed, zombies: zombies)
    guard world.setup.seed % Self.sample == 0 || !report.violations.isEmpty else { return report }
    do {
      let ledger = try history.written()
      report.keep(ledger)
      guard try History(ledger).replay.promotion != history.replay.promotion else { return report }
      report.blame(20, "crash equivalence", "the written ledger replays to something else")
    } catch { report.blame(1, "prefix", "\(error)") }
    return report
  }

  /// To its end.
  mutating func run() -> WorldReport {
    while !world.isOver { turn() }
    return report()
  }

  /// Lets all happen that happens before a time.
  mutating func advance(to time: Int64) {
    while !world.isOver {
      if !world.outbox.isEmpty, !world.isStuck {
        for directive in world.takeDirectives() { follow(directive) }
      } else if world.isDue(before: time) {
        turn()
      } else {
        return
      }
    }
  }

  /// A world that was like this one until a time, and is what its case says from there on.
  func branch(_ setup: WorldSetup, at time: Int64) -> ValueStage {
    var branch = fork()
    branch.world.become(setup, from: time)
    return branch
  }

  private mutating func turn() {
    for directive in world.takeDirectives() { follow(directive) }
    if world.outbox.isEmpty || world.isStuck, !world.isOver, !world.step() { world.giveUp() }
  }

  // MARK: Kill points

  /// Runs it to its end, and gives a world of its own for each step that is taken on the way, in which
  /// the controller dies at that step.
  mutating func runKilling(
    _ body: (_ point: Int, _ killed: ValueStage) -> Void
  ) -> WorldReport {
    while !world.isOver {
      let before = fork()
      turn()
      for point in before.world.steps..<world.steps {
        var killed = before.fork()
        killed.world.killPoints.append(point + 1)
        body(point + 1, killed)
      }
    }
    return report()
  }

  /// What happens in the one does not happen in the other.
  private func fork() -> ValueStage {
    var fork = self
    fork.world = world.fork()
    fork.controllers = controllers.mapValues { $0.fork() }
    return fork
  }

  private mutating func follow(_ directive: World.Directive) {
    switch directive {
    case .completed(let call, let answer): take(answer, of: call)
    case .lead(let number, let request): lead(number, request)
    // The ledger has one that has not ended: nothing is begun.
    case .start(let number): world.ended(number)
    case .ask(let number, let request):
      attempt(number) { stage throws(PortError) in
        let orders = try stage.record(.asked(request), by: number)
        try stage.dispatch(orders, by: number)
      }
    case .end(let number): if controllers[number] != nil { end(number) }
    case .evidence(let batch):
      for number in controllers.keys { controllers[number]?.sorter.take(batch) }
    case .over: break
    }
  }

  // MARK: A controller's life

  private mutating func lead(_ number: Int, _ request: Request?) {
    if let holder = leaseHolder, world.holdsLease(holder) { return world.ended(number) }
    leaseHolder = number
    let setup = world.setup
    var sorter = EvidenceSorter(judge: makeJudge(), runJudge: makeJudge())
    sorter.take(EvidenceBatch(sessions: world.traffic.told))
    let active = history.replay.promotion
    let (promotion, outstanding) =
      active.map { ($0, $0.outstanding) }
      ?? Promotion.begin(
        PromotionID(rawValue: "p1"), plan: plan, at: world.clock.moment(world.now))
    controllers[number] = ValueController(
      promotion: promotion, epoch: history.replay.epoch.next,
      intended: history.replay.intended, sorter: sorter)
    attempt(number) { stage throws(PortError) in
      if active == nil { try stage.start(setup, by: number) }
      var asked: [Order] = []
      if active != nil, let request {
        asked = try stage.record(.asked(request), by: number)
      }
      let again = try stage.record(.leased(stage.history.replay.epoch.next), by: number)
      let open = outstanding.filter {
        stage.controllers[number]?.promotion.outstanding.contains($0) == true
      }
      try stage.dispatch(open + asked + again, by: number)
    }
  }

  /// Whatever throws ends the controller, and so does the end of the promotion.
  private mutating func attempt(
    _ number: Int, _ body: (inout ValueStage) throws(PortError) -> Void
  ) {
    do throws(PortError) {
      guard controllers[number] != nil else { return }
      try body(&self)
      // A promotion is large: it is taken out only once it has ended.
      guard controllers[number]?.promotion.phase.isTerminal == true,
        let promotion = controllers[number]?.promotion
      else { return }
      if promotion.epoch >= history.replay.epoch { believed = promotion } else { zombies += 1 }
      end(number)
    } catch { end(number) }
  }

  private mutating func end(_ number: Int) {
    controllers[number] = nil
    if leaseHolder == number { leaseHolder = nil }
    world.ended(number)
  }

  private mutating func start(_ setup: WorldSetup, by number: Int) throws(PortError) {
    let first =
      [Observation.started(plan)]
      + [world.approval.map(Observation.approved)].compactMap(\.self)
    let approval = world.approval
    try append(first, by: number, isRetreat: false)
    guard let approval else { return }
    _ = controllers[number]?.promotion.handle(
      .approved(approval), at: world.clock.moment(world.now))
  }

  // MARK: Orders

  private mutating func dispatch(_ orders: [Order], by number: Int) throws(PortError) {
    var orders = orders
    do throws(PortError) { try intend(orders, by: number) } catch {
      let back = try goBack(because: error, by: number)
      orders =
        orders.filter { controllers[number]?.promotion.outstanding.contains($0) == true } + back
      try intend(orders, by: number)
    }
    guard let controller = controllers[number] else { return }
    let moment = world.clock.moment(world.now)
    for order in orders {
      var performer = Performer(
        order, plan: plan, epoch: controller.epoch,
        intended: controller.promotion.beganAt(order.id), at: moment)
      let next = performer.start()
      controller.performers[order.id] = performer
      try follow(next, of: order.id, by: number)
    }
  }

  private mutating func intend(_ orders: [Order], by number: Int) throws(PortError) {
    for order in orders
    where order.command.moves && controllers[number]?.intended.contains(order.id) == false {
      _ = try record(.intended(order), by: number)
      controllers[number]?.intended.insert(order.id)
    }
  }

  private mutating func follow(_ next: Performer.Next, of order: OperationID, by number: Int)
    throws(PortError)
  {
    switch next {
    case .wait: break
    case .ask(let calls):
      for (tag, call) in calls {
        let id = world.begin(call, by: number)
        owners[id] = Owner(controller: number, order: order, tag: tag)
      }
    case .done(let outcome):
      controllers[number]?.performers[order] = nil
      let orders = try recordOrGoBack(.finished(order, outcome), by: number)
      guard controllers[number]?.promotion.phase.isTerminal == false else { return }
      try dispatch(orders, by: number)
    }
  }

  private mutating func take(_ answer: Result<Answer, PortError>, of call: CallID) {
    guard let owner = owners.removeValue(forKey: call),
      let controller = controllers[owner.controller],
      var performer = controller.performers.removeValue(forKey: owner.order)
    else { return }
    let moment = world.clock.moment(world.now)
    let limits = plan.plan.fleet.judge
    var archived: PortError?
    let next = performer.take(
      answer, of: owner.tag, at: moment,
      assess: {
        controller.sorter.assess(
          generation: $0, limits: limits, now: moment.wallMilliseconds)
      },
      archive: { _ in
        archived = world.disk.failureOfRename()?.error(of: "last_good.json")
        return archived
      })
    controller.performers[owner.order] = performer
    attempt(owner.controller) { stage throws(PortError) in
      try stage.follow(next, of: owner.order, by: owner.controller)
    }
  }

  // MARK: The ledger, as values

  private mutating func recordOrGoBack(_ observation: Observation, by number: Int)
    throws(PortError) -> [Order]
  {
    do throws(PortError) { return try record(observation, by: number) } catch {
      let back = try goBack(because: error, by: number)
      return try back + record(observation, by: number)
    }
  }

  private mutating func goBack(because error: PortError, by number: Int) throws(PortError)
    -> [Order]
  {
    guard error.kind == .outOfSpace,
      controllers[number]?.promotion.phase.isRetreat == false
    else { throw error }
    return try record(
      .asked(Request(action: .rollBack, actor: "sluice", reason: error.message)), by: number)
  }

  private mutating func record(_ observation: Observation, by number: Int) throws(PortError)
    -> [Order]
  {
    guard var next = controllers[number]?.promotion else { return [] }
    if case .finished(let id, _) = observation,
      !next.outstanding.contains(where: { $0.id == id })
    {
      return []
    }
    let moment = world.clock.moment(world.now)
    let wasRetreat = next.phase.isRetreat
    let orders = next.handle(observation, at: moment)
    try append([observation], by: number, isRetreat: wasRetreat || next.phase.isRetreat)
    controllers[number]?.promotion = next
    return orders
  }

  /// All of them in one durable motion.
  private mutating func append(_ observations: [Observation], by number: Int, isRetreat: Bool)
    throws(PortError)
  {
    guard let controller = controllers[number] else { throw World.dead }
    if world.takesLastStep(number) { throw World.dead }
    if world.disk.isFull, !isRetreat { throw PortError(.outOfSpace, "the disk is full") }
    if let failure = world.disk.failureOfWrite(), failure == .inputOutput || !isRetreat {
      throw failure.error(of: "promotions.jsonl")
    }
    guard controller.epoch >= history.replay.epoch else {
      throw PortError(.fenced, "the ledger has epoch \(history.replay.epoch)")
    }
    for observation in observations {
      let record = Replay.Record(
        line: history.lines.count + 1, promotion: controller.promotion.id, actor: "ana",
        ticket: "OPS-1", epoch: controller.epoch, moment: world.clock.moment(world.now),
        observation: observation)
      do { try history.take(record) } catch { throw PortError(.refused, "\(error)") }
    }
    world.believe(history)
    if world.takesLastStep(number) { throw World.dead }
    if let failure = world.disk.failureOfSync() {
      throw PortError(.unknown, "the ledger's sync ended in \(failure.rawValue)")
    }
  }
}

extension DiskFailure {
  fileprivate func error(of name: String) -> PortError {
    switch self {
    case .inputOutput: PortError(.failed, "\(name) cannot be written: EIO")
    case .noSpace: PortError(.outOfSpace, "there is no room for \(name)")
    }
  }
}
