import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceSystem

/// Names one call of a controller to the world around it.
typealias CallID = Int

/// A fleet in memory with its surroundings, as one value: only events of its queue happen. Both
/// tiers run on it; they differ in the driver of the controllers.
struct World: Sendable {
  /// The world's instruction to its driver.
  enum Directive: Sendable {
    case completed(CallID, Result<Answer, PortError>)
    /// A controller begins; the one before it is dead, asleep or at its end.
    case lead(Int, Request?)
    /// A controller begins, and wants to start another promotion than the one that is under way.
    case start(Int)
    case ask(Int, Request)
    /// A person's program begins to accept what Doctor found.
    case accept(Int, [HostName: [DoctorFinding]])
    /// A controller is told that its lease is lost.
    case lostLease(Int)
    /// A controller is dead, whatever it waits for.
    case end(Int)
    /// New lines of the session log.
    case evidence(EvidenceBatch)
    case over
  }

  /// Events move about in the queue's heap: each is one pointer.
  indirect enum Event: Sendable {
    case fault(Fault)
    case heal
    case succession
    case wakeUp(Int)
    case lossIsTold(Int)
    case acceptance
    case autoResume
    case timer(CallID)
    case expiry(CallID)
    case query(CallID, HostName, HostQuestion)
    case operation(CallID, HostName, HostOperation, OperationID, Epoch)
    case hostAnswer(CallID, Result<Answer, PortError>)
    case motion(HostName, token: Int)
    case deadMan(HostName)
    case host(HostName, HostEvent)
    case balancerRequest(CallID, BalancerRequest, Epoch)
    case balancerAnswer(CallID, Result<BalancerAnswer, PortError>)
    case balancerCatchesUp
    case balancerIsBack
    case keeper
    case log
    case bound
  }

  enum HostEvent: Sendable {
    case agentIsBack, isBack, wakesUp, crashes(times: Int), flaps(times: Int), probeIsFresh
    case doctorIsWell
  }

  struct Pending: Sendable {
    var controller: Int
    var call: Call
  }

  private(set) var setup: WorldSetup
  var now: Int64 = 0
  var queue = EventQueue<Event>()
  var random: SplitMix64
  var outbox: [Directive] = []
  private var directivesTaken = 0

  var hosts: HostTable<HostModel>
  var network: HostTable<ConnectionModel>
  var motionTokens: HostTable<Int> = [:]
  /// The controllers that wait for the end of a motion.
  var waiters: HostTable<[CallID]> = [:]
  var balancer: BalancerModel
  var traffic: TrafficModel
  var effects = EffectLog()
  /// The gateways that would get a session, until something changes.
  private var pools: Pools<TrafficModel.Place>?
  /// The keeper's next look is foreseen: it would see something else than at its last.
  var keeperIsDue = false
  private(set) var admissions = AdmissionWatch()

  var clock = WriterClock()
  var controllers: [ControllerModel] = []
  var leader: Int?
  var calls: [CallID: Pending] = [:]
  var lastCall = 0
  /// Steps of controllers so far: before and after each append, sync, request and answer.
  var steps = 0
  /// Lines of a rollback that a full disk kept out of the ledger: the reserve is for them.
  var unrecordedRetreats = 0
  /// Calls of controllers that had been told that their lease is lost.
  var unheardLosses = 0
  var killPoints: [Int]
  private(set) var disk: SimulatedDisk
  var belief = Belief()
  var wish: Request?
  /// The approval beside the plan, for the controller that begins.
  var approval: Approval?
  var startsAnother = false
  var isHealed = false
  /// No person starts a controller before this time.
  var nobodyUntil: Int64 = 0
  var isOver = false
  var isStuck = false
  var linesWhenHealed: Int?
  /// Lines of the ledger so far, and controllers since the last one, all faults having stopped.
  var linesSeen = 0
  var vainSuccessions = 0
  var tamperings: [Tampering] = []
  var deliveries: [Delivery] = []
  /// A person waits to accept Doctor's findings, with the result.
  var acceptance: WantedAcceptance?
  var acceptances = AcceptanceWatch()
  var counts: [String: Int] = [:]
  var successions = 0

  /// The promotion by the durable ledger.
  struct Belief: Sendable {
    var hasBegun = false
    var isPaused = false
    var isIdle = false
    var isTerminal = false
  }

  /// - Parameter isStem: its faults never stop; worlds that end are made of it (`become`).
  init(_ setup: WorldSetup, isStem: Bool = false) {
    self.setup = setup
    random = SplitMix64(seed: setup.chance ^ 0x5EED)
    disk = SimulatedDisk(seed: setup.chance)
    killPoints = setup.origin.killPoints
    approval = setup.firstApproval
    hosts = setup.hosts
    network = setup.hosts.mapValues { _ in ConnectionModel() }
    balancer = BalancerModel(fleet: setup.plan.fleet, weights: setup.weights)
    traffic = TrafficModel(
      perSecond: setup.sessionsPerSecond, qualities: setup.qualities, seed: setup.chance,
      returning: ReturningClients(
        hosts: setup.plan.fleet.gateways.map { ($0.name, $0.arm) }, weights: setup.weights),
      pinned: setup.plan.fleet.balancer.pinned)
    if setup.origin.runs != nil { traffic.ledgers = RunLogModel() }
    for name in setup.names {
      if let facts = hosts[name]?.takeFacts() { note(facts, of: name) }
    }
    showBalancer()
    foresee(setup.origin.faults, isStem: isStem)
    queue.schedule(.autoResume, at: 5_000)
    queue.schedule(.log, at: 1_000)
    queue.schedule(.succession, at: 0)
  }

  /// An event from outside comes first at its time, so that the moment of scheduling does not
  /// matter.
  private mutating func foresee(_ faults: [ScheduledFault], isStem: Bool) {
    for fault in faults { queue.schedule(first: .fault(fault.fault), at: fault.at) }
    guard !isStem else { return }
    queue.schedule(first: .heal, at: setup.origin.healsAt)
    queue.schedule(first: .bound, at: setup.origin.healsAt + setup.bound)
  }

  /// A stem becomes one of the worlds that it has been until now.
  /// - Parameter forksAt: what strikes earlier has struck.
  mutating func become(_ setup: WorldSetup, from forksAt: Int64) {
    self.setup = setup
    queue.removeFirsts()
    foresee(setup.origin.faults.filter { $0.at >= forksAt }, isStem: false)
  }

  /// Whether anything happens before a time, or nothing ever will any more.
  func isDue(before time: Int64) -> Bool {
    isStuck || queue.nextTime.map { $0 < time } ?? true
  }

  /// The effects that the world wants; none once it has wanted too many.
  mutating func takeDirectives() -> [Directive] {
    guard !outbox.isEmpty else { return [] }
    let directives = outbox
    outbox = []
    directivesTaken += directives.count
    if directivesTaken > setup.boundOfDirectives { isStuck = true }
    return directives
  }

  /// Another world with the same past.
  func fork() -> World {
    var fork = self
    fork.disk = disk.fork()
    fork.effects = effects.fork()
    return fork
  }

  // MARK: Time

  /// Lets the next thing happen; false when nothing is left to happen, or its bound has passed.
  mutating func step() -> Bool {
    guard !isOver, !isStuck, let (time, event) = queue.next() else { return false }
    if time > now { now = time }
    handle(event)
    return true
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .fault(let fault): if !isHealed { strike(fault) }
    case .heal: heal()
    case .succession: succeed()
    case .wakeUp(let controller): wake(controller)
    case .lossIsTold(let controller): tellLoss(to: controller)
    case .acceptance: beginAcceptance()
    case .autoResume: autoResume()
    case .timer(let call): complete(call, .success(.awake))
    case .expiry(let call):
      complete(call, .failure(PortError(.unknown, "no answer came before the deadline")))
    case .query(let call, let host, let question): arrive(call, at: host, question)
    case .operation(let call, let host, let operation, let id, let epoch):
      arrive(call, at: host, operation, id, epoch)
    case .hostAnswer(let call, let answer): deliver(call, answer)
    case .motion(let host, let token): proceed(host, token)
    case .deadMan(let host): goBackIfSilent(host)
    case .host(let host, let event): change(host, event)
    case .balancerRequest(let call, let request, let epoch): ask(call, request, epoch)
    case .balancerAnswer(let call, let answer): deliver(call, answer.map { .balancer($0) })
    case .balancerCatchesUp:
      serve()
      balancer.catchUp()
      showBalancer()
    case .balancerIsBack:
      serve()
      balancer.troubles.isDown = false
      balancer.start()
      awaitKeeper()
      showBalancer()
    case .keeper: keepBalancer()
    case .log: readLog()
    case .bound: isStuck = isStuck || !belief.isTerminal
    }
  }

  // MARK: What can be seen

  mutating func showBalancer() {
    pools = nil
    effects.note(balancer.state)
    watchAdmission()
    for effect in balancer.effects { effects.record(effect.kind, epoch: effect.epoch) }
    balancer.effects = []
  }

  mutating func show(_ host: HostName) {
    guard let facts = hosts[host]?.takeFacts() else { return }
    note(facts, of: host)
    let made = hosts.at(host) { model in
      defer { model.effects = [] }
      return model.effects
    }
    for effect in made ?? [] { effects.record(effect.kind, epoch: effect.epoch) }
  }

  /// The balancer's own check asks the gateway, and sees at once who would take a session; what the
  /// probe says of it comes by the keeper.
  private mutating func note(_ facts: HostFacts, of host: HostName) {
    pools = nil
    effects.note(facts, of: host)
    balancer.note(host, isUp: facts.serves)
    awaitKeeper()
    watchAdmission()
  }

  private mutating func watchAdmission() {
    admissions.note(wrongsOfAdmission(), of: balancer.process, at: now)
  }

  // MARK: Traffic

  /// Sessions come under what holds until now.
  mutating func serve() {
    for host in traffic.turns.end(by: now) { balancer.close(on: host) }
    guard traffic.isDue(at: now) else { return }
    admissions.serve(at: now)
    let places = pools ?? findPlaces()
    pools = places
    let long = traffic.serve(
      to: now,
      TrafficModel.Ground(
        wall: clock.wall(now), weights: balancer.weights, share: balancer.dealtShare,
        ignoresTenants: now < balancer.troubles.ignoresTenantsUntil, places: places,
        lines: linesSeen))
    for host in long.keys { balancer.open(long[host, default: 0], on: host) }
  }

  /// Where a new session may go.
  private mutating func findPlaces() -> Pools<TrafficModel.Place> {
    guard balancer.runs else { return Pools() }
    let new = setup.plan.newRelease.lock.skills.version
    return Pools(balancer.servers) { host in
      hosts.at(host) { model in
        let version = model.loaded.version
        return TrafficModel.Place(
          host: host, quality: setup.qualities[version] ?? .usual, isNew: version == new)
      }
    }
  }

  /// All connections of a host are gone, and not by Sluice's doing.
  mutating func dropConnections(of host: HostName) {
    balancer.hangUp(on: host)
    traffic.turns.clear(host)
  }

  /// A host reports nothing for now when it has no agent, is cut off, or gives unreadable answers.
  private mutating func readRuns() -> EvidenceBatch? {
    guard traffic.ledgers != nil else { return nil }
    let readable = setup.names.filter { name in
      guard let connection = network[name], now >= connection.silentUntil,
        connection.answersToGarble == 0
      else {
        return false
      }
      return hosts.at(name) { $0.agentRuns } == true
    }
    return traffic.ledgers?.tell(
      of: readable, at: now, wall: clock.wall(now), lines: linesSeen)
  }

  private mutating func readLog() {
    serve()
    if let batch = traffic.tell(at: now, lines: linesSeen) { outbox.append(.evidence(batch)) }
    if let batch = readRuns() { outbox.append(.evidence(batch)) }
    queue.schedule(.log, at: now + setup.logMilliseconds)
  }
}

/// The writer's clocks: the monotonic one begins anew at each boot, the wall clock is set by hand.
struct WriterClock: Sendable {
  /// 2026-11-24T00:00:00Z
  private static let epochMilliseconds: Int64 = 1_795_478_400_000

  private var boots = 1
  private var boot = "boot-1"
  private var bootedAt: Int64 = -1_000_000
  private var offset: Int64 = 0

  func moment(_ now: Int64) -> Moment {
    Moment(
      wallMilliseconds: wall(now), monotonicMilliseconds: now - bootedAt, boot: boot)
  }

  func wall(_ now: Int64) -> Int64 { Self.epochMilliseconds + now + offset }

  mutating func reboot(_ now: Int64) {
    boots += 1
    boot = "boot-\(boots)"
    bootedAt = now
  }

  mutating func jump(_ milliseconds: Int64) { offset += milliseconds }
}
