import SluiceCore
import SluicePorts
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceAgent

/// The real clock, whose monotonic part a test puts forward or into another boot.
private final class ShiftedTime: Time {
  private let shift = Mutex((milliseconds: Int64(0), boot: "boot"))

  func now() -> Moment {
    let now = WallTime().now()
    return shift.withLock {
      Moment(
        wallMilliseconds: now.wallMilliseconds,
        monotonicMilliseconds: now.monotonicMilliseconds + $0.milliseconds, boot: $0.boot)
    }
  }

  func sleep(for duration: Duration) async throws(CancellationError) {
    try await WallTime().sleep(for: duration)
  }

  func forward(minutes: Int64) { shift.withLock { $0.milliseconds += minutes * 60_000 } }
  func reboot() { shift.withLock { $0.boot += "+" } }
}

@Suite("A canary whose writer stays silent", .serialized)
struct DeadManTests {
  private let time = ShiftedTime()

  private func host() async throws -> TestHost {
    let host = try await TestHost()
    var services = host.services
    services.time = time
    return TestHost(host, spec: host.spec, services: services)
  }

  /// An agent without its sockets and its loops: the test says when it looks.
  private func agent(_ host: TestHost) throws -> AgentService {
    let state = try OperationState(directory: host.spec.paths.state, time: time)
    let counters = AgentCounters()
    let refresher = ProbeRefresher(
      host: host.spec, policy: host.fleet.probe, services: host.services, state: state,
      counters: counters)
    return AgentService(
      spec: host.spec, services: host.services, state: state, refresher: refresher,
      counters: counters, version: TestHost.version)
  }

  /// Ten minutes of silence, then back to the old release.
  private func forward(_ host: TestHost) -> HostOperation {
    .swing(
      SwingRequest(
        release: host.new, next: "1.4.2", policy: host.fleet.swing,
        deadMan: DeadMan(
          silenceMilliseconds: 600_000, release: host.old, next: "1.4.1",
          policy: host.fleet.swing, state: nil)))
  }

  private func armed(_ host: TestHost) async throws -> AgentService {
    let agent = try agent(host)
    _ = try await agent.order(.place(host.new), "p/1")
    _ = try await agent.swung(forward(host), "p/2")
    return agent
  }

  private func running(_ host: TestHost) async throws -> String? {
    try await host.gateway.identity().marker?.version
  }

  @Test("it goes back by itself after the deadline, once, and tells the next writer")
  func goesBack() async throws {
    let host = try await host()
    let agent = try await armed(host)
    time.forward(minutes: 9)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.2")
    time.forward(minutes: 1)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.1")
    #expect(try await agent.survey().links.current == "1.4.1")
    let boots = await host.gateway.serviceRestarts
    time.forward(minutes: 60)
    await agent.goBackIfSilent()
    #expect(await host.gateway.serviceRestarts == boots)
    let report = try #require(try await agent.probe().deadMan)
    #expect(report.from == "1.4.2" && report.to == "1.4.1" && report.fault == nil)
    #expect(report.armedBy == OperationID(rawValue: "p/2") && report.ended != nil)
    // The answer of the swing is true no more, and no share follows.
    let old = await portError { _ = try await agent.order(forward(host), "p/2") }
    #expect(old.kind == .failed && old.message.contains("by itself"))
    let disarm = await portError { _ = try await agent.order(.disarm, "p/3", epoch: 2) }
    #expect(disarm.kind == .failed && disarm.message.contains("from 1.4.2 to 1.4.1"))
    // The next swing of a writer carries the report into the ledger, once.
    let swung = try await agent.swung(host.swing(to: host.old), "p/4", epoch: 2)
    #expect(swung.notes == [report.sentence])
    #expect(try await agent.probe().deadMan == nil)
  }

  @Test("the writer's word, its disarming, its swing back and a newer writer keep it where it is")
  func stays() async throws {
    let host = try await host()
    let agent = try await armed(host)
    for _ in 0..<3 {
      time.forward(minutes: 9)
      _ = try await agent.answer(.attend(Epoch(1)), deadline: .seconds(60))
      await agent.goBackIfSilent()
    }
    #expect(try await running(host) == "1.4.2")
    guard case .disarmed = try await agent.order(.disarm, "p/3") else {
      Issue.record("not disarmed")
      return
    }
    time.forward(minutes: 60)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.2")
    // Armed again; a newer writer's operation takes the older one's word back.
    _ = try await agent.swung(forward(host), "q/1", epoch: 2)
    _ = try await agent.order(.place(host.old), "r/1", epoch: 3)
    time.forward(minutes: 60)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.2")
    _ = try await agent.swung(forward(host), "s/1", epoch: 4)
    _ = try await agent.swung(host.swing(to: host.old), "s/2", epoch: 4)
    let boots = await host.gateway.serviceRestarts
    time.forward(minutes: 60)
    await agent.goBackIfSilent()
    #expect(await host.gateway.serviceRestarts == boots)
  }

  @Test("a probe that anybody asks for, and the word of a fenced writer, are no presence")
  func noPresence() async throws {
    let host = try await host()
    let agent = try agent(host)
    _ = try await agent.order(.place(host.new), "p/1", epoch: 5)
    _ = try await agent.swung(forward(host), "p/2", epoch: 5)
    time.forward(minutes: 10)
    _ = try await agent.probe()
    _ = try await agent.answer(.attend(Epoch(4)), deadline: .seconds(60))
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.1")
  }

  @Test("an agent that starts again, and a machine that does, wait a whole deadline")
  func restarts() async throws {
    let host = try await host()
    _ = try await armed(host)
    time.forward(minutes: 60)
    let agent = try agent(host)
    await agent.goBackIfSilent()
    time.reboot()
    await agent.goBackIfSilent()
    time.forward(minutes: 9)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.2")
    time.forward(minutes: 1)
    await agent.goBackIfSilent()
    #expect(try await running(host) == "1.4.1")
  }

  @Test("a motion that fails is told, and tried again after the same time")
  func fails() async throws {
    let host = try await host()
    let agent = try await armed(host)
    let request = SwingRequest(
      release: host.new, next: nil, policy: host.fleet.swing,
      deadMan: DeadMan(
        silenceMilliseconds: 600_000, release: host.old, next: "9.9.9",
        policy: host.fleet.swing, state: nil))
    _ = try await agent.swung(.swing(request), "p/3")
    time.forward(minutes: 10)
    await agent.goBackIfSilent()
    let report = try #require(try await agent.probe().deadMan)
    #expect(report.fault?.contains("9.9.9") == true && report.sentence.contains("which failed"))
    await agent.goBackIfSilent()
    #expect(await agent.state.operation(OperationID(rawValue: "p/3.dead-man-2")) == nil)
    time.forward(minutes: 10)
    await agent.goBackIfSilent()
    #expect(await agent.state.operation(OperationID(rawValue: "p/3.dead-man-2")) != nil)
    #expect(try await running(host) == "1.4.2")
  }

  @Test("a writer's operation that comes during the agent's own motion waits for its end")
  func overlap() async throws {
    let host = try await host()
    let agent = try await armed(host)
    await host.gateway.holdDrain(true)
    time.forward(minutes: 10)
    async let motion: Void = agent.goBackIfSilent()
    #expect(await eventually { await host.gateway.isDraining })
    async let back = agent.swung(host.swing(to: host.old), "p/3", epoch: 2)
    #expect(await eventually { (try? await agent.survey().epoch) == Epoch(2) })
    #expect(try await agent.survey().busyWith == OperationID(rawValue: "p/2").deadMan(attempt: 1))
    await host.gateway.holdDrain(false)
    await motion
    let swung = try await back
    #expect(swung.notes?.count == 1 && swung.notes?.first?.contains("back by itself") == true)
    #expect(try await running(host) == "1.4.1")
    #expect(try await agent.probe().deadMan == nil)
  }

  @Test("an agent that ends in its own motion finishes it when it runs again")
  func cutOff() async throws {
    let host = try await host()
    let agent = try await armed(host)
    await host.gateway.holdDrain(true)
    time.forward(minutes: 10)
    let motion = Task { await agent.goBackIfSilent() }
    #expect(await eventually { await host.gateway.isDraining })
    motion.cancel()
    await motion.value
    await host.gateway.holdDrain(false)
    let next = try self.agent(host)
    #expect(try await next.probe().deadMan?.ended == nil)
    await next.recover()
    #expect(try await running(host) == "1.4.1")
    let report = try #require(try await next.probe().deadMan)
    #expect(report.ended != nil && report.fault == nil)
    // Done is done: the time that passes starts no second motion.
    let boots = await host.gateway.serviceRestarts
    time.forward(minutes: 60)
    await next.goBackIfSilent()
    #expect(await host.gateway.serviceRestarts == boots)
  }
}
