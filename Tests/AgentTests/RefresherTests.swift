import SluiceCore
import SluicePorts
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("What keeps the probe fresh")
struct RefresherTests {
  private struct World {
    let host: TestHost
    let refresher: ProbeRefresher
    let counters = AgentCounters()

    init() async throws {
      host = try await TestHost()
      refresher = ProbeRefresher(
        host: host.spec, policy: host.fleet.probe, services: host.services,
        state: try OperationState(directory: host.spec.paths.state, time: WallTime()),
        counters: counters)
    }

    /// How often all that is quick was looked at.
    func looks(at news: GatewayNews) async -> Int {
      let before = counters.values.refreshes
      await refresher.take(news)
      return counters.values.refreshes - before
    }

    func probe() async -> MergedProbe { await refresher.board.probe(at: host.services.time.now()) }
  }

  @Test("a gateway that comes, goes, or has changed whether it admits work is looked at at once")
  func looked() async throws {
    let world = try await World()
    let news: [GatewayNews] = [
      .connected(bootID: "b"), .disconnected("closed"), .shutdown(reason: "restart"),
      .suspension(phase: "accepting"), .suspension(phase: "draining"),
      .suspension(phase: "prepared"),
    ]
    for news in news { #expect(await world.looks(at: news) == 1, "\(news)") }
  }

  @Test("one that is on its way, or begins a run, is not asked")
  func notLooked() async throws {
    let world = try await World()
    for news in [GatewayNews.suspension(phase: "preparing"), .suspension(phase: ""), .runStarted] {
      #expect(await world.looks(at: news) == 0, "\(news)")
    }
  }

  @Test("an older refresh that ends after a newer one does not replace the newer answer")
  func overtaken() async throws {
    let world = try await World()
    await world.host.gateway.holdLooks(true)
    let slow = Task { await world.refresher.refresh() }
    #expect(await eventually { await world.host.gateway.isLookWaiting })
    // The refresher has seen a gateway that is ready; then that gateway dies.
    await world.host.gateway.die()
    await world.refresher.refresh()
    let dead = await world.probe()
    #expect(dead.status == .fail && dead.reasons.contains { $0.check == "gateway" })
    await world.host.gateway.holdLooks(false)
    await slow.value
    #expect(await world.probe().reasons == dead.reasons)
    #expect(world.counters.values.refreshes == 1)
  }

  @Test("a Doctor that never answered is told with its reason")
  func silentDoctor() async throws {
    let world = try await World()
    await world.host.gateway.change { $0.doctorFault = PortError(.unknown, "no lint today") }
    await world.refresher.refresh()
    let unheard = await world.probe().reasons
    #expect(unheard.contains { $0.message.contains("has not been heard") })
    await world.refresher.askDoctor()
    let told = await world.probe().reasons.filter { $0.check == "doctor" }.map(\.message)
    #expect(told.count == 1 && told[0].contains("Doctor gave no answer"), "\(told)")
    #expect(told.first?.contains("no lint today") == true, "\(told)")
    #expect(await world.refresher.doctorFindings == nil)
    #expect(world.counters.values.doctorRuns == [false: 1])
  }

  @Test("what Doctor said before counts on when it gives no answer once")
  func doctorFailsOnce() async throws {
    let world = try await World()
    let finding = DoctorFinding(
      check: "core/doctor/token", severity: .warning, requirement: nil, path: nil, target: nil,
      message: "plaintext")
    await world.host.gateway.change { $0.findings = [finding] }
    await world.refresher.refresh()
    await world.refresher.askDoctor()
    #expect(await world.probe().doctor["*"]?.findings == 1)
    await world.host.gateway.change { $0.doctorFault = PortError(.unknown, "no lint today") }
    await world.refresher.askDoctor()
    #expect(await world.probe().doctor["*"]?.findings == 1)
    #expect(await world.refresher.doctorFindings == [finding])
    #expect(world.counters.values.doctorRuns == [true: 1, false: 1])
  }
}
