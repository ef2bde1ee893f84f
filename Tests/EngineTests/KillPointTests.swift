import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@Suite("A controller that dies")
struct KillPointTests {
  /// Evidence is judged less often than elsewhere: looks are the dullest of kill points.
  private func world(_ qualities: [String: Quality] = [:]) -> SimulatedFleet {
    var fleet = Examples.fleet()
    fleet.judge.intervalMilliseconds = 3_000
    return Examples.world(fleet: fleet, qualities: qualities)
  }

  /// Appends of an undisturbed run, as many as there are kill points.
  private func appends(to version: String, _ qualities: [String: Quality]) async throws -> Int {
    let world = self.world(qualities)
    _ = try await Examples.promote(world, to: version)
    return await world.ledger.appends
  }

  @Test(
    "at every append, before and after it is durable, is resumed to the same end",
    arguments: [SimulatedLedger.Death.before, .after])
  func everyAppend(death: SimulatedLedger.Death) async throws {
    let count = try await appends(to: "1.4.2", [:])
    #expect(count > 40)
    for point in 1...count {
      let world = self.world()
      await world.ledger.die(at: point, death)
      let died = await dies { try await Examples.promote(world, to: "1.4.2") }
      await world.ledger.die(at: nil)
      try await check(world, died: died, at: point)
    }
    print("kill points of a good release, \(death): \(count)")
  }

  @Test("in a rollback goes on rolling back", arguments: [SimulatedLedger.Death.before, .after])
  func everyAppendOfARollback(death: SimulatedLedger.Death) async throws {
    let bad = ["1.5.0": Quality(errorPermille: 60, latencyMilliseconds: 220)]
    let count = try await appends(to: "1.5.0", bad)
    for point in 1...count {
      let world = self.world(bad)
      await world.ledger.die(at: point, death)
      let died = await dies { try await Examples.promote(world, to: "1.5.0") }
      await world.ledger.die(at: nil)
      try await check(world, died: died, at: point)
      #expect(await Set(Examples.runs(world).values) == ["1.4.1"], "kill point \(point)")
    }
    print("kill points of a bad release, \(death): \(count)")
  }

  @Test("a successor tells no end that it has not seen: it looks first", arguments: [true, false])
  func looksBeforeTheEnd(isBad: Bool) async throws {
    let bad = ["1.5.0": Quality(errorPermille: 60, latencyMilliseconds: 220)]
    let version = isBad ? "1.5.0" : "1.4.2"
    let world = self.world(bad)
    await world.ledger.die(at: try await appends(to: version, bad), .before)
    #expect(await dies { try await Examples.promote(world, to: version) })
    await world.ledger.die(at: nil)
    let died = await world.ledger.entries.count
    var weights = await world.balancer.state.weights
    if isBad {
      // Somebody else, while nobody leads.
      weights.share = try #require(Share(basisPoints: 3_000))
      weights.generation += 1
      _ = try await world.balancer.apply(weights, epoch: Epoch(1))
    }
    // Long after a step would have been given up.
    try await world.time.sleep(for: .seconds(7_200))
    let promotion = try await Examples.resumeToTheEnd(world)
    #expect(await world.balancer.state.weights.share == .zero)
    let told = await world.ledger.entries.dropFirst(died).map(\.kind)
    #expect(told.first == .leased)
    if isBad {
      #expect(promotion.phase.title.hasPrefix("rolled back"))
      #expect(told.filter { $0 == .done(.verify) }.count == 2, "\(told)")
      #expect(told.contains(.done(.apply)), "\(told)")
      #expect(told.last == .ended(.rolledBack))
    } else {
      #expect(promotion.phase == .concluded(.completed))
      #expect(told.dropFirst().first == .evidence, "\(told)")
      #expect(told.last == .ended(.completed))
    }
  }

  private func dies(_ body: () async throws -> Promotion) async -> Bool {
    do {
      _ = try await body()
      return false
    } catch { return true }
  }

  private func check(_ world: SimulatedFleet, died: Bool, at point: Int) async throws {
    let entries = await world.ledger.entries
    let replay = try Replay(entries)
    // Killed before the plan was durable: nothing was begun, and nothing is to be resumed.
    guard let active = replay.promotion else {
      #expect(await world.balancer.history.isEmpty)
      return
    }
    if !active.phase.isTerminal {
      #expect(died)
      _ = try await Examples.resumeToTheEnd(world)
    }
    let end = try #require(try Replay(await world.ledger.entries).promotion)
    #expect(end.phase.isTerminal, "kill point \(point)")
    for host in world.hosts.values {
      #expect(await host.restarts.values.allSatisfy { $0 == 1 }, "kill point \(point)")
      #expect(await host.placements <= 1, "kill point \(point)")
    }
    let versions = await Set(Examples.runs(world).values)
    #expect(versions.count == 1, "kill point \(point): half of the fleet was left behind")
    let state = await world.balancer.state
    #expect(state.weights.share == .zero, "kill point \(point)")
    #expect(state.servers.allSatisfy { $0.isInService }, "kill point \(point)")
  }
}
