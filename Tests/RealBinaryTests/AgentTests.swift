import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// Places and swings a release while a system call of the agent is harmed, then goes on unharmed: the
/// same operations where the agent ended, the rollback and the way forward again where it answered
/// that it could not.
struct AgentLane: Lane {
  let world: AgentWorld

  func play(_ injection: Injection, at number: Int) async throws -> Run {
    try await world.reset()
    let watcher = LinkWatcher(skills: world.home("skills"))
    return try await watcher.watch {
      let agent = try world.startAgent((injection, number))
      let error = await forward(agent, ["p/1", "p/2"])
      let mustEnd = try world.injector.calls().harmed != nil && injection.ends
      let isEnded = await agent.ends(within: mustEnd ? .seconds(20) : .zero)
      var faults = await world.faultsInBetween()
      await agent.stop()
      // The agent's file may have been harmed while the agent ended.
      let harmed = try world.injector.calls().harmed
      if harmed == nil, let error { faults.append("it failed unharmed: \(error)") }
      if mustEnd, !isEnded { faults.append("it was not ended") }
      if let error { faults += try await goOn(wasEnded: isEnded, after: error) }
      return Run(harmed: harmed, faults: faults + (try await world.faultsAtTheEnd(on: world.new)))
    }
  }

  /// The next agent, unharmed.
  private func goOn(wasEnded: Bool, after error: PortError) async throws -> [String] {
    let agent = try world.startAgent(nil)
    var faults: [String] = []
    if wasEnded {
      if let error = await forward(agent, ["p/1", "p/2"]) {
        faults.append("it does not go on: \(error)")
      }
    } else {
      do throws(PortError) {
        _ = try await world.ask(agent, world.swing(to: world.old), "p/3")
      } catch { faults.append("it does not go back: \(error)") }
      if let error = await forward(agent, ["p/4", "p/5"]) {
        faults.append("it does not go forward again: \(error)")
      }
    }
    if !faults.isEmpty { faults.append("at first: \(error)") }
    await agent.stop()
    return faults
  }

  private func forward(_ agent: AgentWorld.Agent, _ ids: [String]) async -> PortError? {
    do throws(PortError) {
      _ = try await world.ask(agent, .place(world.new), ids[0])
      _ = try await world.ask(agent, world.swing(to: world.new), ids[1])
      return nil
    } catch { return error }
  }
}

/// Looks at the links all the time: a reader must never find one missing.
struct LinkWatcher: Sendable {
  let skills: String

  func watch(_ body: @Sendable () async throws -> Run) async throws -> Run {
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        var missing = 0
        while !Task.isCancelled {
          for name in ["current", "next"] {
            if (try? Files.linkTarget(of: "\(skills)/\(name)")) ?? nil == nil { missing += 1 }
          }
          try? await SystemClock.sleep(for: .milliseconds(2))
        }
        return missing
      }
      var run = try await body()
      group.cancelAll()
      if let missing = try await group.next(), missing > 0 {
        run.faults.append("a link was missing \(missing) times")
      }
      return run
    }
  }
}

@Suite("The real agent, each of its system calls harmed", .serialized)
struct AgentTests {
  @Test(
    "placing and swinging come to their end, or back, whatever happens to a call",
    .enabled("no program can be traced here, or git is missing") {
      guard hasTool("git") else { return false }
      return try await Injector.isAllowed()
    }, arguments: Injection.allCases)
  func placeAndSwing(_ injection: Injection) async throws {
    let sweep = try await Sweep.run(injection, lanes: 3) { body in
      try await AgentWorld.with(restart: .ifNeeded) { try await body(AgentLane(world: $0)) }
    }
    print("kill points of the real agent: \(sweep.line)")
    #expect(sweep.faults == [])
    #expect(sweep.count > (injection == .tear ? 10 : 20))
  }
}
