import SluiceCore
import SluiceEngine
import SluiceHTTP
import SluiceJudge
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceHAProxy

/// A whole promotion with a real HAProxy, its session log and real requests; the hosts are simulated.
@Suite(
  "What clients of a real HAProxy got decides a promotion",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(3)))
struct JudgedPromotionTests {
  private final class Clients: Sendable { let areDone = Mutex(false) }

  /// Promotes while clients come, with gateways that answer with a status from a moment on: when the
  /// canary gets its first share.
  private func promote(_ statuses: [HostName: Int], patience: Int64 = 60_000) async throws
    -> Promotion
  {
    let ended = Mutex<Promotion?>(nil)
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      var fleet = rig.fleet
      fleet.ramp.steps = [2_000, 5_000].compactMap { points in
        Share(basisPoints: points).map { .init(share: $0, holdMilliseconds: 500) }
      }
      fleet.probe.intervalMilliseconds = 200
      fleet.judge.intervalMilliseconds = 300
      fleet.judge.minimumSessions = 10
      fleet.judge.progressMilliseconds = patience
      // Loopback answers in a millisecond or two: times are not what is looked at.
      fleet.judge.latencyFactor = 100_000
      fleet.bakeMilliseconds = 300
      let world = SimulatedFleet(
        fleet, runs: ExampleFleet.release("1.4.1"), seed: 1, sessionsPerSecond: 0, qualities: [:])
      let plan = try await ExampleFleet.plan(world, to: "1.4.2")
      var env = world.env { LimitJudge() }
      env.time = RealTime()
      env.balancer = rig.balancer
      env.evidence = rig.log()
      let engine = PromotionEngine(env: env)
      for (host, status) in statuses { rig.gateways[host]?.answer(status) }
      let clients = Clients()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            while !clients.areDone.withLock({ $0 }) { _ = try? await rig.get(method: "POST") }
          }
        }
        defer { clients.areDone.withLock { $0 = true } }
        let promotion = try await engine.start(
          PromotionID(rawValue: "p-1"), plan: plan, actor: "ana", ticket: "T")
        ended.withLock { $0 = promotion }
      }
    }
    return try #require(ended.withLock { $0 })
  }

  private func end(_ promotion: Promotion) -> Conclusion? {
    guard case .concluded(let conclusion) = promotion.phase else { return nil }
    return conclusion
  }

  @Test("a good release completes")
  func good() async throws {
    #expect(try await end(promote([:])) == .completed)
  }

  @Test(
    "a canary whose clients are all refused is taken back, by the class that they got",
    arguments: [(401, "401/403"), (429, "429"), (404, "4xx"), (500, "5xx")])
  func refused(status: Int, name: String) async throws {
    let promotion = try await promote([Rig.canary: status])
    guard case .rolledBack(let cause)? = end(promotion) else {
      Issue.record("it ended as \(promotion.phase)")
      return
    }
    #expect(cause.sentence.hasPrefix("\(name): canary "))
    #expect(cause.sentence.contains("stable 0 of"))
    #expect(promotion.steps.count == 1, "no step widened")
  }

  @Test("a fleet that answers nobody holds the ramp, and is taken back at the deadline")
  func outage() async throws {
    let everybody = Dictionary(
      uniqueKeysWithValues: ([Rig.canary] + Rig.stables).map { ($0, 503) })
    let promotion = try await promote(everybody, patience: 3_000)
    guard case .rolledBack(let cause)? = end(promotion) else {
      Issue.record("it ended as \(promotion.phase)")
      return
    }
    #expect(cause.sentence.hasPrefix("The step did not widen within"))
    #expect(cause.sentence.contains("Both arms fail alike: this is not the canary's doing."))
    #expect(promotion.steps.count == 1)
  }

  @Test("a canary that serves beside stable gateways that fail fast is not taken back")
  func brokenStables() async throws {
    let stables = Dictionary(uniqueKeysWithValues: Rig.stables.map { ($0, 500) })
    #expect(try await end(promote(stables)) == .completed)
  }
}
