import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator

/// One promotion through a world of faults, all drawn from one seed: controllers die, sleep and are
/// succeeded until the faults stop, and then it must end.
actor FaultyRun {
  struct Report {
    var violations: [Violation]
    var end: String
    var appends: Int
    var controllers: Int
    var faults: Int
  }

  /// Appends within which a promotion must end once nothing goes wrong any more.
  static let boundAfterFaults = 900
  /// Controllers that die or sleep before the faults are stopped anyway.
  static let mostControllers = 12

  private let world: SimulatedFleet
  private let plan: Plan
  private let approval: Approval?
  private let schedule: FaultSchedule
  private let revertsLast: Bool
  private var appends = 0
  private var struck = 0
  private var healedAt: Int?
  private var engine: PromotionEngine?
  private var leash = Leash()
  private var sleepers: [(leash: Leash, wakesAt: Int, task: Task<Bool, Never>)] = []
  private var napLength = 0
  private var controllers = 0
  private var begunAt = 0
  private var isStuck = false
  private var wish: Request?

  init(seed: UInt64, faults: FaultSchedule? = nil) async throws {
    var random = SplitMix64(seed: seed &* 7 &+ 3)
    let isBad = Int.random(in: 0..<10, using: &random) < 3
    let share = Int.random(in: 0..<10, using: &random) < 2 ? Share(basisPoints: 300) : nil
    let purpose: Plan.Purpose =
      switch Int.random(in: 0..<20, using: &random) {
      case 0, 1: .revert
      case 2: .revertNow
      default: .promote
      }
    var fleet = ExampleFleet.fleet()
    fleet.judge.progressMilliseconds = 60_000
    fleet.judge.intervalMilliseconds = 4_000
    let quality = Quality(errorPermille: 80, latencyMilliseconds: 230)
    let start = SimulatedFleet(
      fleet, runs: ExampleFleet.release("1.4.1"), seed: seed, sessionsPerSecond: 25,
      qualities: isBad ? ["1.4.2": quality] : [:], share: share ?? .zero)
    let builds = [ExampleFleet.build, ExampleFleet.sameSchemaBuild, ExampleFleet.newerBuild]
    let build = builds[Int.random(in: 0..<builds.count, using: &random)]
    var plan = try await ExampleFleet.plan(start, to: "1.4.2", openclaw: build, purpose: purpose)
    if purpose == .promote {
      world = start
    } else {
      world = SimulatedFleet(
        fleet, runs: ExampleFleet.release("1.4.2", openclaw: ExampleFleet.build), seed: seed,
        sessionsPerSecond: 25, qualities: [:])
      let copied = OperationID(rawValue: "p0/1")
      for (name, host) in world.hosts {
        await host.keep(ExampleFleet.release("1.4.1"))
        guard build != ExampleFleet.build else { continue }
        try await host.run(plan.to, since: copied)
        if plan.build?.copiesState == true { plan.snapshot.hosts[name]?.stateCopiedBy = copied }
      }
    }
    self.plan = plan
    approval = plan.demands.isEmpty ? nil : try ExampleFleet.approval(of: plan)
    let names = fleet.hosts.map(\.name)
    schedule = faults ?? FaultSchedule(seed: seed, hosts: names)
    revertsLast = Bool.random(using: &random)
  }

  /// Runs it to its end and holds it against the invariants.
  func run() async throws -> Report {
    while !(await control()) {
      if controllers >= Self.mostControllers { await heal() }
      if isStuck { break }
    }
    for sleeper in sleepers { await sleeper.leash.wake() }
    var extra: [Violation] = []
    for sleeper in sleepers where await sleeper.task.value {
      extra.append(Violation(number: 14, name: "one writer", what: "a sleeper ended as leader"))
    }
    let entries = await world.ledger.entries
    let replay = try Replay(entries)
    if !(replay.promotion?.phase.isTerminal ?? true) {
      extra.append(
        Violation(
          number: 21, name: "liveness", what: "still \(replay.promotion?.phase.title ?? "-")"))
    }
    extra += await crashEquivalence(replay)
    return Report(
      violations: Invariants.check(
        plan: plan, ledger: await world.ledger.lines, effects: world.effects.effects) + extra,
      end: replay.promotion?.phase.title ?? "not begun", appends: appends,
      controllers: controllers, faults: struck)
  }

  /// 20 and 23: what the controller believes is what its ledger says.
  private func crashEquivalence(_ replay: Replay) async -> [Violation] {
    guard let believed = await engine?.current(), believed.phase.isTerminal,
      believed != replay.promotion
    else { return [] }
    return [Violation(number: 20, name: "crash equivalence", what: "the replay differs")]
  }

  // MARK: Controllers

  /// One controller, until it ended, died or fell asleep. True when the promotion has ended.
  private func control() async -> Bool {
    controllers += 1
    begunAt = appends
    let leash = Leash()
    self.leash = leash
    let engine = PromotionEngine(
      env: world.env(leash: leash, beforeAppend: { await self.beforeAppend() }) { LimitJudge() })
    self.engine = engine
    let isBegun = !(await world.ledger.entries.isEmpty)
    let wish = self.wish
    self.wish = nil
    let (plan, approval) = (plan, approval)
    let task = Task {
      do {
        let promotion =
          isBegun
          ? try await engine.resume(with: wish)
          : try await engine.start(
            PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-1",
            approval: approval)
        return promotion.phase.isTerminal
      } catch { return false }
    }
    let nurse = Task { await self.nurse(engine) }
    defer { nurse.cancel() }
    // Whatever comes first: it ended or died, or it fell asleep (nil).
    let (news, post) = AsyncStream.makeStream(of: Bool?.self)
    let end = Task { post.yield(await task.value) }
    let nap = Task { for await _ in leash.naps { post.yield(nil) } }
    defer {
      end.cancel()
      nap.cancel()
    }
    var first = news.makeAsyncIterator()
    let isOver = await first.next() ?? false
    guard let isOver else {
      sleepers.append((leash, appends + napLength, task))
      return false
    }
    if isOver { return true }
    let phase = try? Replay(await world.ledger.entries).promotion?.phase
    return phase?.isTerminal == true
  }

  /// A person comes back and resumes what somebody paused.
  private func nurse(_ engine: PromotionEngine) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(2))
      guard let promotion = await engine.current(), promotion.isPaused else { continue }
      guard promotion.outstanding.isEmpty || healedAt != nil else { continue }
      await engine.ask(Request(action: .resume, actor: "bo", reason: ""))
    }
  }

  // MARK: Faults

  private func beforeAppend() async -> SimulatedLedger.Death? {
    appends += 1
    for sleeper in sleepers where sleeper.wakesAt == appends { await sleeper.leash.wake() }
    if appends >= 100 { await heal() }
    if let healedAt, appends > healedAt + Self.boundAfterFaults {
      isStuck = true
      return .before
    }
    guard healedAt == nil else { return nil }
    var death: SimulatedLedger.Death?
    for fault in schedule.faults[appends] ?? [] {
      struck += 1
      switch fault {
      case .controllerDies(let isBefore): death = isBefore ? .before : .after
      case .writerReboots:
        await world.strike(fault)
        death = .before
      case .controllerSleeps where appends - begunAt <= 2:
        // Until its epoch is on record, the lock alone keeps a second controller out.
        death = .before
      case .controllerSleeps(let length):
        napLength = length
        await leash.sleep()
      case .asked(let action):
        let request = Request(action: action, actor: "bo", reason: "a fault")
        await engine?.ask(request)
        wish = request
      default: await world.strike(fault)
      }
    }
    return death
  }

  private func heal() async {
    guard healedAt == nil else { return }
    healedAt = appends
    await world.heal()
  }
}
