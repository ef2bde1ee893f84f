import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A promotion on a simulated fleet")
struct PromotionRunTests {
  @Test("a good release goes through every step and completes")
  func goodRelease() async throws {
    let world = Examples.world()
    let promotion = try await Examples.promote(world, to: "1.4.2")
    #expect(promotion.phase == .concluded(.completed))
    #expect(await Set(Examples.runs(world).values) == ["1.4.2"])
    let shares = await world.balancer.history.map(\.share.basisPoints)
    #expect(shares == [0, 500, 2_000, 4_000, 0])
    #expect(promotion.steps.count == 3)
    for step in promotion.steps {
      let measured = try #require(step.measured)
      #expect(measured.low - 200 <= step.intended.basisPoints)
      #expect(step.intended.basisPoints <= measured.high + 200)
    }
    #expect(await world.balancer.outOfService.isEmpty)
    #expect(try await world.archive.read("last_good.json") != nil)
  }

  @Test("a good release practises the rollback before it gets a share")
  func practisesTheRollback() async throws {
    let world = Examples.world()
    let promotion = try await Examples.promote(world, to: "1.4.2")
    let restarts = try await #require(world.hosts[Examples.canary]).restarts
    #expect(restarts.count == 3)
    #expect(restarts.values.allSatisfy { $0 == 1 })
    #expect(promotion.recoveryMilliseconds == 1_000)
  }

  @Test("a release with errors is caught on the ramp and rolled back, verified", arguments: 1...5)
  func badRelease(seed: UInt64) async throws {
    let world = Examples.world(
      seed: seed,
      qualities: ["1.5.0": Quality(errorPermille: 50, latencyMilliseconds: 200)])
    let promotion = try await Examples.promote(world, to: "1.5.0")
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
    let last = await world.balancer.state
    #expect(last.weights.share == .zero)
    #expect(last.weights.pinEpoch == 3, "the shadow un-pins, and the rollback does")
    let lines = await world.ledger.lines
    #expect(lines.count { $0.entry.kind == .done(.evict) } == 1)
    #expect(await world.balancer.outOfService.isEmpty)
  }

  @Test("healthy releases are not rolled back by chance", arguments: 1...20)
  func noFalseAlarms(seed: UInt64) async throws {
    let promotion = try await Examples.promote(Examples.world(seed: seed), to: "1.4.2")
    #expect(promotion.phase == .concluded(.completed))
  }

  @Test("a release whose tree lies never gets a session")
  func lyingRelease() async throws {
    let world = Examples.world()
    for host in world.hosts.values { await host.lie(about: "1.6.0") }
    let promotion = try await Examples.promote(world, to: "1.6.0")
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    // Every stable gateway says so, before the canary is touched.
    #expect(reasons.count == 2 && reasons.allSatisfy { $0.contains("hashes to something else") })
    #expect(await world.balancer.history.isEmpty)
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
  }

  @Test("a silent host is a reason not to begin")
  func silentHost() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    await world.hosts[Examples.stables[0]]?.setReachable(false)
    let promotion = try await Examples.engine(world).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(reasons.contains { $0.contains("mac-b does not answer") })
    #expect(await world.balancer.history.isEmpty)
  }

  @Test("a balancer that says yes and does nothing is not believed")
  func deafBalancer() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    await world.balancer.setDeaf(true)
    let engine = Examples.engine(world)
    let run = Task {
      try await engine.start(
        PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    }
    try await poll { await engine.current()?.phase.isRollingBack == true }
    await world.balancer.setDeaf(false)
    let promotion = try await run.value
    guard case .concluded(.rolledBack(let cause)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(cause.sentence.contains("reads back"))
  }

  @Test("an answer that is lost is asked for again, and the work is not done twice")
  func lostAnswers() async throws {
    let world = Examples.world()
    await world.hosts[Examples.canary]?.loseAnswers(3)
    let promotion = try await Examples.promote(world, to: "1.4.2")
    #expect(promotion.phase == .concluded(.completed))
    let restarts = try await #require(world.hosts[Examples.canary]).restarts
    #expect(restarts.count == 3)
    #expect(restarts.values.allSatisfy { $0 == 1 })
  }

  @Test("too little evidence holds, and rolls back at the progress deadline")
  func noEvidence() async throws {
    var fleet = Examples.fleet()
    fleet.judge.minimumSessions = 1_000_000
    let promotion = try await Examples.promote(Examples.world(fleet: fleet), to: "1.4.2")
    guard case .concluded(.rolledBack(let cause)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(cause.sentence.contains("did not widen"))
  }

  @Test("a second promotion is refused while the first one is active")
  func oneAtATime() async throws {
    let world = Examples.world()
    await world.ledger.die(at: 5)
    await #expect(throws: PortError.self) { try await Examples.promote(world, to: "1.4.2") }
    await world.ledger.die(at: nil)
    do {
      _ = try await Examples.promote(world, to: "1.4.3", id: "p2")
      Issue.record("it was started")
    } catch let error as PortError {
      #expect(error.kind == .refused)
      #expect(error.message.contains("p1"))
    }
  }

  @Test("a completed promotion is taken back in waves that keep the capacity floor")
  func revert() async throws {
    let world = Examples.world()
    let before = try await Examples.plan(world, to: "1.4.2")
    _ = try await Examples.promote(world, to: "1.4.2")
    let promotion = try await Examples.engine(world).start(
      PromotionID(rawValue: "p2"), plan: before.revertPlan(), actor: "ana", ticket: "OPS-312")
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
  }

  @Test("a paused promotion takes no further step until it is resumed")
  func pauseAndResume() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    let engine = Examples.engine(world)
    await engine.ask(Request(action: .pause, actor: "bo", reason: "lunch"))
    let run = Task {
      try await engine.start(PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    }
    try await poll {
      let promotion = await engine.current()
      return promotion?.isPaused == true && promotion?.outstanding.isEmpty == true
    }
    #expect(await engine.current()?.phase == .shadowing)
    #expect(await world.balancer.history.isEmpty)
    await engine.ask(Request(action: .resume, actor: "bo", reason: ""))
    #expect(try await run.value.phase == .concluded(.completed))
    #expect(await world.ledger.entries.first { $0.kind == .requested(.pause) }?.actor == "bo")
  }

  /// A world whose controller died while the ramp's second step was held.
  private func worldThatDiedOnTheRamp() async throws -> SimulatedFleet {
    let whole = Examples.world()
    _ = try await Examples.promote(whole, to: "1.4.2")
    var replay = Replay()
    var line = 0
    for entry in await whole.ledger.entries {
      try replay.take(entry)
      line += 1
      if replay.promotion?.phase == .ramping(1), entry.kind == .evidence { break }
    }
    let world = Examples.world()
    await world.ledger.die(at: line)
    await #expect(throws: PortError.self) { try await Examples.promote(world, to: "1.4.2") }
    await world.ledger.die(at: nil)
    #expect(try Replay(await world.ledger.entries).promotion?.phase == .ramping(1))
    return world
  }

  @Test("a rollback that a person asks for needs nothing else")
  func askedRollback() async throws {
    let world = try await worldThatDiedOnTheRamp()
    let promotion = try await Examples.engine(world).resume(
      with: Request(action: .rollBack, actor: "bo", reason: "customers call"))
    guard case .concluded(.rolledBack(let cause)) = promotion.phase else {
      Issue.record("it did not roll back")
      return
    }
    #expect(cause.sentence == "rollback by bo: customers call")
  }

  @Test("a rollback is recorded on a full disk, by the reserve")
  func fullDisk() async throws {
    let world = try await worldThatDiedOnTheRamp()
    await world.ledger.setFull(true)
    await #expect(throws: PortError.self) { try await Examples.resumeToTheEnd(world) }
    let promotion = try await rollBackOnAFullDisk(world)
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(await world.ledger.reserveUses > 0)
  }

  @Test("on a full disk nothing is begun, and nobody is told to go on with it")
  func nothingBegunOnAFullDisk() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    await world.ledger.setFull(true)
    let error = await #expect(throws: PortError.self) {
      try await Examples.engine(world).start(
        PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    }
    #expect(error?.kind == .outOfSpace)
    #expect(error?.remedy == "Nothing was begun. Free some space, then try again.")
    #expect(await world.ledger.lines.isEmpty)
  }

  @Test("a rollback needs no evidence; a way forward whose evidence finds no room goes back")
  func evidenceWithoutRoom() async throws {
    let world = try await worldThatDiedOnTheRamp()
    var env = world.env { LimitJudge() }
    env.evidence = NoRoom()
    let promotion = try await PromotionEngine(env: env).resume()
    guard case .concluded(.rolledBack) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(promotion.rollbackCause?.sentence.contains("no room for evidence") == true)
    #expect(await Set(Examples.runs(world).values) == ["1.4.1"])
  }

  private struct NoRoom: EvidenceSource {
    let name = "full"
    func batches(for promotion: PromotionID) async throws(PortError) -> AsyncStream<EvidenceBatch> {
      throw PortError(.outOfSpace, "no room for evidence")
    }
  }

  /// The next controller cannot even record that it leads, unless it is there to roll back.
  private func rollBackOnAFullDisk(_ world: SimulatedFleet) async throws -> Promotion {
    let engine = Examples.engine(world)
    return try await engine.resume(
      with: Request(action: .rollBack, actor: "ana", reason: "disk full"))
  }

  private func poll(_ condition: () async -> Bool) async throws {
    let bound = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < bound {
      if await condition() { return }
      await Task.yield()
    }
    throw PortError(.failed, "the condition never came true")
  }
}
