import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator
import Synchronization
import Testing

@Suite("A host that does not prove its release")
struct UnprovenHostTests {
  @Test("is not given back to the balancer, though its agent says that it was swung")
  func staysOut() async throws {
    let world = Examples.world()
    let plan = try await Examples.plan(world, to: "1.4.2")
    var env = world.env { LimitJudge() }
    let balancer = RecordingBalancer(balancer: env.balancer)
    env.balancer = balancer
    env.hosts[Examples.canary] = VouchingClient(client: try #require(env.hosts[Examples.canary]))
    let promotion = try await PromotionEngine(env: env).start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "")
    guard case .concluded(.rolledBack(let cause)) = promotion.phase else {
      Issue.record("it ended \(promotion.phase.title)")
      return
    }
    #expect(cause.sentence.contains("reports 1.4.1 after its swing to 1.4.2"))
    #expect(balancer.calls == ["out", "out", "back"])
  }

  /// Tells of a swing to the new release what was there before it.
  private struct VouchingClient: HostClient {
    let client: any HostClient
    var host: HostName { client.host }

    func answer(
      _ question: HostQuestion, deadline: Duration
    ) async throws(PortError) -> HostAnswer {
      try await client.answer(question, deadline: deadline)
    }

    func perform(
      _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
    ) async throws(PortError) -> HostReport {
      let report = try await client.perform(operation, id: id, epoch: epoch, deadline: deadline)
      guard case .swing(let request) = operation, case .swung(var swung) = report,
        request.release.lock.skills.version == "1.4.2", let before = swung.before
      else { return report }
      swung.after = before
      return .swung(swung)
    }
  }

  /// The calls that took the canary out of the balancer and gave it back.
  private final class RecordingBalancer: Balancer {
    private let balancer: any Balancer
    private let made = Mutex<[String]>([])
    var calls: [String] { made.withLock { $0 } }

    init(balancer: any Balancer) { self.balancer = balancer }

    private func note(_ call: String, _ host: HostName) {
      if host == Examples.canary { made.withLock { $0.append(call) } }
    }

    var capabilities: BalancerCapabilities { balancer.capabilities }
    func read() async throws(PortError) -> BalancerState { try await balancer.read() }
    func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
      try await balancer.apply(weights, epoch: epoch)
    }
    func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
      note("out", host)
      return try await balancer.takeOut(host, epoch: epoch)
    }
    func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
      -> BalancerState
    {
      note("back", host)
      return try await balancer.giveBack(host, epoch: epoch, deadline: deadline)
    }
    func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
      try await balancer.evict(host, epoch: epoch)
    }
  }
}
