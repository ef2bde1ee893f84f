import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts

/// Drives the controllers of a world as values (tier 1): no task and no JSON. Sessions, promotion,
/// replay, judge, hosts, balancer and invariants are those of tier 2; the engine's tasks, the
/// ledger's bytes and the disk are not in it.
struct Tier1Stage {
  private struct Owner {
    var controller: Int
    /// Nil: it is asked for an acceptance.
    var order: OperationID?
    var tag: CallTag
  }

  private(set) var world: World
  private(set) var history = History()
  private let makeJudge: @Sendable () -> any Judge
  private let plan: FrozenPlan
  private var sessions = SmallTable<Int, Session>()
  private var acceptances = SmallTable<Int, AcceptanceSession>()
  private var owners: [CallID: Owner] = [:]
  private var leaseHolder: Int?
  private var lastKnown: Promotion?
  private var supersededEnds = 0

  init(
    _ setup: WorldSetup, isStem: Bool = false, judge: @escaping @Sendable () -> any Judge
  ) {
    world = World(setup, isStem: isStem)
    plan = setup.frozen
    makeJudge = judge
  }

  static func run(_ setup: WorldSetup, judge: @escaping @Sendable () -> any Judge) -> WorldReport {
    var stage = Tier1Stage(setup, judge: judge)
    return stage.run()
  }

  /// One world in so many is written down as a ledger, too, and read back.
  private static let sample: UInt64 = 512

  private func report() -> WorldReport {
    var report = WorldReport(
      world: world, history: history, ledger: [], lastKnown: lastKnown,
      supersededEnds: supersededEnds)
    guard world.setup.seed % Self.sample == 0 || !report.violations.isEmpty else { return report }
    do {
      let ledger = try history.written()
      report.keep(ledger)
      guard try History(ledger).replay.promotion != history.replay.promotion else { return report }
      report.violate(20, "crash equivalence", "the written ledger replays to something else")
    } catch { report.violate(1, "prefix", "\(error)") }
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
  func branch(_ setup: WorldSetup, at time: Int64) -> Tier1Stage {
    var branch = fork()
    branch.world.become(setup, from: time)
    return branch
  }

  private mutating func turn() {
    for directive in world.takeDirectives() { follow(directive) }
    if world.outbox.isEmpty || world.isStuck, !world.isOver, !world.step() { world.giveUp() }
  }

  // MARK: Kill points

  /// Runs it to its end, and gives a world of its own for each step that is taken on the way, in
  /// which the controller dies at that step.
  mutating func runKilling(
    _ body: (_ point: Int, _ killed: Tier1Stage) -> Void
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

  /// An event in one does not happen in the other.
  private func fork() -> Tier1Stage {
    var fork = self
    fork.world = world.fork()
    return fork
  }

  private mutating func follow(_ directive: World.Directive) {
    switch directive {
    case .completed(let call, let answer):
      guard let owner = owners.removeValue(forKey: call) else { return }
      guard let order = owner.order else {
        return take(.answered(owner.tag, answer), by: owner.controller)
      }
      take(.answered(order, owner.tag, answer), by: owner.controller)
    case .lead(let number, let request):
      lead(number) { stage throws(PortError) in
        guard stage.history.replay.promotion != nil else { return try stage.begin("p1") }
        return try Session.resume(
          stage.history.replay, with: request, evidence: stage.evidence)
      }
    case .start(let number): lead(number) { stage throws(PortError) in try stage.begin("p2") }
    case .ask(let number, let request): take(.asked(request, sender: nil), by: number)
    case .accept(let number, let findings): accept(findings, by: number)
    case .lostLease(let number):
      take(Session.Event.lostLease(World.leaseLoss), by: number)
      take(AcceptanceSession.Event.lostLease(World.leaseLoss), by: number)
    case .end(let number):
      if sessions[number] != nil || acceptances[number] != nil { end(number) }
    case .evidence(let batch):
      let moment = moment
      for number in sessions.keys { sessions[number]?.take(.heard(batch), at: moment) }
    case .over: break
    }
  }

  private var moment: Moment { world.clock.moment(world.now) }

  // MARK: A controller's life

  private mutating func lead(
    _ number: Int, _ begin: (Tier1Stage) throws(PortError) -> Session
  ) {
    if let holder = leaseHolder, world.holdsLease(holder) { return world.ended(number) }
    do throws(PortError) { sessions[number] = try begin(self) } catch {
      return world.ended(number)
    }
    leaseHolder = number
    drive(number)
  }

  private var evidence: Evidence { Evidence(judge: makeJudge(), runJudge: makeJudge()) }

  private func begin(_ id: String) throws(PortError) -> Session {
    try Session.begin(
      PromotionID(rawValue: id), plan: plan, approval: world.approval, actor: "ana",
      ticket: "OPS-1", after: history.replay, evidence: evidence, at: moment)
  }

  private mutating func take(_ event: Session.Event, by number: Int) {
    let moment = moment
    guard sessions[number]?.take(event, at: moment) != nil else { return }
    drive(number)
  }

  /// Performs what a session wants done, until it waits for an answer.
  private mutating func drive(_ number: Int) {
    let moment = moment
    while let effect = sessions[number]?.next(at: moment) {
      switch effect {
      case .append(let lines):
        let result = Result { () throws(PortError) in try append(lines, by: number) }
        sessions[number]?.take(.appended(result), at: moment)
      case .listen:
        let told = EvidenceBatch(sessions: world.traffic.told)
        sessions[number]?.take(.heard(told), at: moment)
        if let runs = world.traffic.ledgers?.told {
          sessions[number]?.take(.heard(EvidenceBatch(sessions: [], runs: runs)), at: moment)
        }
        sessions[number]?.take(.listening(.success(())), at: moment)
      case .ask(let order, let tag, let call):
        let id = world.begin(call, by: number)
        owners[id] = Owner(controller: number, order: order, tag: tag)
      case .tell: break
      case .end(let result):
        if case .success(let promotion) = result { note(promotion) }
        return end(number)
      }
    }
  }

  // MARK: A person's acceptance

  private mutating func accept(_ findings: [HostName: [DoctorFinding]], by number: Int) {
    if let holder = leaseHolder, world.holdsLease(holder) { return world.ended(number) }
    acceptances[number] = AcceptanceSession(
      findings, name: "accept-\(number)", actor: "bo", reason: "as installed",
      after: history.replay, at: moment)
    leaseHolder = number
    driveAcceptance(number)
  }

  private mutating func take(_ event: AcceptanceSession.Event, by number: Int) {
    let moment = moment
    guard acceptances[number]?.take(event, at: moment) != nil else { return }
    driveAcceptance(number)
  }

  private mutating func driveAcceptance(_ number: Int) {
    let moment = moment
    while let effect = acceptances[number]?.next() {
      switch effect {
      case .append(let lines):
        let result = Result { () throws(PortError) in try append(lines, by: number) }
        acceptances[number]?.take(.appended(result), at: moment)
      case .ask(let tag, let call):
        let id = world.begin(call, by: number)
        owners[id] = Owner(controller: number, order: nil, tag: tag)
      case .end: return end(number)
      }
    }
  }

  private mutating func note(_ ended: Promotion) {
    if ended.epoch >= history.replay.epoch { lastKnown = ended } else { supersededEnds += 1 }
  }

  private mutating func end(_ number: Int) {
    sessions[number] = nil
    acceptances[number] = nil
    if leaseHolder == number { leaseHolder = nil }
    world.ended(number)
  }

  // MARK: The ledger, as values

  private mutating func append(_ lines: Session.Lines, by number: Int) throws(PortError) {
    if world.takesLastStep(number) { throw World.dead }
    if world.disk.isFull, !lines.mayUseReserve {
      world.noteFullDisk(for: lines.epoch, after: history.replay)
    }
    try write(under: lines.epoch, mayUseReserve: lines.mayUseReserve, by: number) {
      (history) throws(PortError) in
      for event in lines.events {
        let record = Replay.Record(
          line: history.lines.count + 1, promotion: lines.promotion.id, actor: lines.actor,
          ticket: lines.ticket, epoch: lines.epoch, moment: lines.moment,
          event: event)
        do { try history.take(record) } catch { throw PortError(.refused, "\(error)") }
      }
    }
  }

  private mutating func append(_ lines: [AcceptanceLine], by number: Int) throws(PortError) {
    if world.takesLastStep(number) { throw World.dead }
    guard let epoch = lines.first?.epoch else { return }
    try write(under: epoch, mayUseReserve: false, by: number) { (history) in
      for line in lines { history.take(line) }
    }
  }

  /// All of them in one durable motion.
  private mutating func write(
    under epoch: Epoch, mayUseReserve: Bool, by number: Int,
    _ record: (inout History) throws(PortError) -> Void
  ) throws(PortError) {
    if world.disk.isFull, !mayUseReserve { throw PortError(.outOfSpace, "the disk is full") }
    if let failure = world.disk.failureOfWrite(), failure == .inputOutput || !mayUseReserve {
      throw failure.error(of: "promotions.jsonl")
    }
    guard epoch >= history.replay.epoch else {
      throw PortError(.fenced, "the ledger has epoch \(history.replay.epoch)")
    }
    if number == leaseHolder, world.disk.takeChange() {
      throw PortError(.altered, "somebody changed promotions.jsonl")
    }
    try record(&history)
    world.believe(history)
    if world.takesLastStep(number) { throw World.dead }
    if let failure = world.disk.failureOfSync() {
      throw PortError(.unknown, "the ledger's sync ended in \(failure.rawValue)")
    }
  }
}

extension DiskFailure {
  func error(of name: String) -> PortError {
    switch self {
    case .inputOutput: PortError(.failed, "\(name) cannot be written: EIO")
    case .noSpace: PortError(.outOfSpace, "there is no room for \(name)")
    }
  }
}
