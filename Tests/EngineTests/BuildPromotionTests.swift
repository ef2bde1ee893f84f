import SluiceCore
import SluiceEngine
import SluiceJSON
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A promotion to another OpenClaw build")
struct BuildPromotionTests {
  private static let newer = ExampleFleet.newerBuild
  private static let old = ExampleFleet.build
  private static let bad = ["1.4.2": Quality(errorPermille: 80, latencyMilliseconds: 230)]

  private func world(_ qualities: [String: Quality] = [:]) -> SimulatedFleet {
    // One short step: it is the swings that matter here.
    var fleet = ExampleFleet.fleet(steps: [500])
    fleet.judge.intervalMilliseconds = 10_000
    return Examples.world(fleet: fleet, qualities: qualities)
  }

  private func plan(_ world: SimulatedFleet, _ build: ReleaseLock.OpenClaw = newer) async throws
    -> Plan
  {
    try await ExampleFleet.plan(world, to: "1.4.2", openclaw: build)
  }

  private func run(_ world: SimulatedFleet, _ plan: Plan, approval: Approval?) async throws
    -> Promotion
  {
    try await Examples.engine(world).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-1", approval: approval)
  }

  private func violations(_ world: SimulatedFleet, _ plan: Plan) async -> [Violation] {
    Invariants.check(
      plan: plan, ledger: await world.ledger.lines, effects: world.effects.effects)
  }

  private func refusals(_ promotion: Promotion) -> [String] {
    guard case .concluded(.refused(let reasons)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return []
    }
    return reasons
  }

  // MARK: Approval

  @Test(
    "is refused without an approval, with one for another plan, and with one for something else")
  func unapproved() async throws {
    let fault: [(String, @Sendable (inout Approval) -> Void)] = [
      ("is for plan", { $0.plan = .zero }), ("something else", { $0.accepts = ["yes"] }),
    ]
    let world = self.world()
    let plan = try await plan(world)
    let reasons = refusals(try await run(world, plan, approval: nil))
    #expect(reasons.contains { $0.contains("nobody has approved it") })
    for (words, edit) in fault {
      let world = self.world()
      let plan = try await self.plan(world)
      var approval = try ExampleFleet.approval(of: plan)
      edit(&approval)
      let reasons = refusals(try await run(world, plan, approval: approval))
      #expect(reasons.contains { $0.contains(words) })
      #expect(await world.balancer.history.isEmpty)
    }
  }

  @Test("the ledger alone says who accepted what, on its second line")
  func approvalInLedger() async throws {
    let world = self.world()
    let plan = try await plan(world)
    let approval = try ExampleFleet.approval(of: plan)
    _ = try await run(world, plan, approval: approval)
    let entries = await world.ledger.entries
    #expect(entries.prefix(2).map(\.kind) == [.started, .approved])
    #expect(entries[1].actor == "kim")
    #expect(try Recording.event(of: entries[1]) == .approved(approval))
    #expect(try Replay(entries).promotion?.approval == approval)
  }

  // MARK: Up and back

  @Test("moves every host to the build, each with a copy of its state before the first start")
  func completes() async throws {
    let world = self.world()
    let plan = try await plan(world)
    let end = try await run(world, plan, approval: try ExampleFleet.approval(of: plan))
    #expect(end.phase == .concluded(.completed))
    for host in world.hosts.values {
      let builds = await host.builds
      #expect(builds.state.schemas == Self.newer.schemas)
      #expect(builds.survey.current == Self.newer.version)
    }
    // The canary practised: forward, back, forward.
    let canary = try #require(await world.hosts[Examples.canary]?.builds)
    #expect(canary.copyings.count == 2 && canary.returns.count == 1 && canary.aside.count == 1)
    #expect(await violations(world, plan) == [])
  }

  @Test("rolls back to the state as it was, and keeps the newer one aside, named in the ledger")
  func rollsBack() async throws {
    let world = self.world(Self.bad)
    let plan = try await plan(world)
    let host = try #require(world.hosts[Examples.canary])
    for _ in 0..<7 { await host.speak() }
    let before = await host.builds.state
    let end = try await run(world, plan, approval: try ExampleFleet.approval(of: plan))
    guard case .concluded(.rolledBack) = end.phase else {
      Issue.record("it ended \(end.phase.title)")
      return
    }
    let builds = await host.builds
    #expect(builds.state.schemas == Self.old.schemas)
    // The same conversations; the two starts of the practice and the rollback wrote into it.
    #expect(builds.state.writes == before.writes + 2)
    #expect(builds.aside.count == 2)
    let named = try await world.ledger.entries.compactMap { entry -> String? in
      guard case .finished(_, .swung(let report))? = try Recording.event(of: entry) else {
        return nil
      }
      return report.state?.aside
    }
    #expect(named.count == 2)
    #expect(await violations(world, plan) == [])
  }

  @Test("a build of the same schemas needs no approval, and only the configuration is copied")
  func sameSchemas() async throws {
    let world = self.world()
    let plan = try await plan(world, ExampleFleet.sameSchemaBuild)
    #expect(plan.demands.isEmpty)
    let end = try await run(world, plan, approval: nil)
    #expect(end.phase == .concluded(.completed))
    for host in world.hosts.values {
      #expect(await host.builds.copyings.isEmpty == false)
      #expect(await host.builds.aside.isEmpty)
      #expect(await host.builds.configuration == ExampleFleet.sameSchemaBuild.version)
    }
    #expect(await violations(world, plan) == [])
  }

  @Test(
    "F2: with equal schemas the rollback brings the configuration as it was, and the state stays")
  func sameSchemasBack() async throws {
    let world = self.world(Self.bad)
    let plan = try await plan(world, ExampleFleet.sameSchemaBuild)
    let end = try await run(world, plan, approval: nil)
    guard case .concluded(.rolledBack) = end.phase else {
      Issue.record("it ended \(end.phase.title)")
      return
    }
    for host in world.hosts.values {
      #expect(await host.builds.configuration == Self.old.version)
      #expect(await host.builds.aside.isEmpty)
    }
    #expect(await violations(world, plan) == [])
  }

  @Test("an older build is refused: it could not read the state that is there")
  func downgrade() async throws {
    let world = self.world()
    let older = ReleaseLock.OpenClaw(
      version: "2026.9.2", daemon: nil, cli: nil, schemas: ["agent": 18, "state": 17])
    let plan = try await plan(world, older)
    let reasons = refusals(
      try await run(world, plan, approval: try ExampleFleet.approval(of: plan)))
    #expect(reasons.contains { $0.contains("cannot read the state") })
  }

  @Test("a host that lacks the build, and a disk without room for the copies, stop it at preflight")
  func blockers() async throws {
    let world = self.world()
    var plan = try await plan(world)
    plan.to.lock.openclaw.daemon = .zero
    let reasons = refusals(
      try await run(world, plan, approval: try ExampleFleet.approval(of: plan)))
    #expect(reasons.contains { $0.hasPrefix("mac-a: build 2026.9.6: its daemon hashes to") })
    let host = plan.fleet.canaries[0]
    let state = BuildSurvey.State(path: "/s", bytes: 1 << 30, freeBytes: 1 << 30, fault: nil)
    let room = BuildChange.room(host, state)
    #expect(room.neededBytes > 2 << 30)
  }

  @Test("a completed one is taken back host by host, each to its own copy")
  func revert() async throws {
    let start = self.world()
    let up = try await self.plan(start)
    let copied = OperationID(rawValue: "p0/9")
    let world = SimulatedFleet(
      up.fleet, runs: up.from, seed: 1, sessionsPerSecond: 20, qualities: [:])
    for host in world.hosts.values {
      try await host.run(up.to, since: copied)
      await host.speak()
    }
    let plan = up.revertPlan(copies: world.hosts.mapValues { _ in copied })
    // Nobody has to approve a rollback.
    #expect(plan.demands.isEmpty)
    let end = try await run(world, plan, approval: nil)
    guard case .concluded(.rolledBack) = end.phase else {
      Issue.record("it ended \(end.phase.title)")
      return
    }
    for host in world.hosts.values {
      let builds = await host.builds
      #expect(builds.state.schemas == Self.old.schemas && builds.aside.count == 1)
    }
  }

  // MARK: Kill points

  @Test(
    "killed at every append it comes to the same end, no state copied or put back twice",
    arguments: [SimulatedLedger.Death.before, .after])
  func killPoints(death: SimulatedLedger.Death) async throws {
    for qualities in [[:], Self.bad] {
      let trial = self.world(qualities)
      let trialPlan = try await self.plan(trial)
      _ = try await run(trial, trialPlan, approval: try ExampleFleet.approval(of: trialPlan))
      let count = await trial.ledger.appends
      #expect(count > 20)
      for point in 1...count {
        let world = self.world(qualities)
        let plan = try await self.plan(world)
        let approval = try ExampleFleet.approval(of: plan)
        await world.ledger.die(at: point, death)
        _ = try? await run(world, plan, approval: approval)
        await world.ledger.die(at: nil)
        try await check(world, plan, at: point, isGood: qualities.isEmpty)
      }
    }
  }

  private func check(_ world: SimulatedFleet, _ plan: Plan, at point: Int, isGood: Bool)
    async throws
  {
    guard let active = try Replay(await world.ledger.entries).promotion else { return }
    if !active.phase.isTerminal { _ = try await Examples.resumeToTheEnd(world) }
    let build = isGood ? Self.newer : Self.old
    for host in world.hosts.values {
      let builds = await host.builds
      #expect(builds.state.schemas == build.schemas, "kill point \(point)")
      #expect(builds.survey.current == build.version, "kill point \(point)")
      #expect(builds.copyings.values.allSatisfy { $0 == 1 }, "kill point \(point)")
      #expect(builds.returns.values.allSatisfy { $0 == 1 }, "kill point \(point)")
      #expect(await host.restarts.values.allSatisfy { $0 == 1 }, "kill point \(point)")
    }
    #expect(await violations(world, plan) == [], "kill point \(point)")
  }
}
