import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("Swinging a host to another build", .serialized)
struct BuildSwingTests {
  private let back = StateMove.putBack(of: OperationID(rawValue: "p/2"))

  private func placed(
    _ host: TestHost,
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    try await host.withAgent { client in
      _ = try await host.probe { $0.doctor["*"] != nil && $0.skills.version != nil }
      _ = try await client.order(.place(host.new), "p/1")
      try await body(host, client)
    }
  }

  private func writer(_ host: TestHost, _ state: String) throws -> String {
    try Files.readText("\(host.home(state))/written-by")
  }

  @Test("stop, copy, links, start; and back with the state as it was, the newer one kept")
  func forwardAndBack() async throws {
    try await placed(try await BuildHost.scripted()) { host, client in
      let survey = try #require(try await client.survey().builds)
      #expect(survey.current == "2026.9.4" && survey.builds.map(\.version) == BuildHost.builds)
      #expect(survey.state.fault == nil)
      let forward = try await client.swung(host.swing(to: host.new, state: .copy), "p/2")
      #expect(forward.before?.version == "2026.9.4" && forward.after.version == "2026.9.6")
      let copy = try #require(forward.state?.copy)
      #expect(copy == host.home("claw.sluice-p-2"))
      #expect(try writer(host, "claw") == "2026.9.6")
      #expect(try writer(host, "claw.sluice-p-2") == "2026.9.4")
      #expect(try await client.survey().builds?.current == "2026.9.6")
      #expect(forward.probe.status == .ok)

      let back = try await client.swung(
        host.swing(to: host.old, next: "1.4.1", state: back), "p/3")
      #expect(back.after.version == "2026.9.4" && back.probe.status == .ok)
      #expect(back.state?.aside == host.home("claw.newer-p-3"))
      #expect(try writer(host, "claw") == "2026.9.4")
      #expect(try writer(host, "claw.newer-p-3") == "2026.9.6")
      #expect(await host.gateway.starts == 2)
      #expect(await host.gateway.serviceRestarts == 0)
      #expect(await host.gateway.drains == 2)
    }
  }

  @Test("forward again makes a copy of its own")
  func again() async throws {
    try await placed(try await BuildHost.scripted()) { host, client in
      _ = try await client.swung(host.swing(to: host.new, state: .copy), "p/2")
      _ = try await client.swung(host.swing(to: host.old, state: back), "p/3")
      try TestHost.write("said on the old build", to: host.home("claw/note"))
      let again = try await client.swung(host.swing(to: host.new, state: .copy), "p/4")
      #expect(again.state?.copy == host.home("claw.sluice-p-4"))
      #expect(try Files.readText(host.home("claw.sluice-p-4/note")) == "said on the old build")
      let last = try await client.swung(
        host.swing(to: host.old, state: .putBack(of: OperationID(rawValue: "p/4"))), "p/5")
      #expect(last.state?.aside == host.home("claw.newer-p-5"))
      #expect(try Files.readText(host.home("claw/note")) == "said on the old build")
    }
  }

  @Test("with gateway as its restart the service changes the build all the same")
  func byService() async throws {
    try await placed(try await BuildHost.scripted()) { host, client in
      let report = try await client.swung(
        host.swing(to: host.new, state: .copy) {
          $0.restartBy = .gateway
          $0.restart = .ifNeeded
        }, "p/2")
      #expect(report.restarted && report.after.version == "2026.9.6")
      #expect(await host.gateway.ownRestarts == 0)
    }
  }

  @Test("without the copy the older build refuses, and the swing says so in words")
  func withoutCopy() async throws {
    try await placed(try await BuildHost.scripted()) { host, client in
      _ = try await client.swung(host.swing(to: host.new), "p/2")
      let error = await portError { _ = try await client.order(host.swing(to: host.old), "p/3") }
      #expect(error.message.contains("exit code 78"))
      #expect(error.message.contains("uses newer schema version"))
      #expect(error.remedy?.contains("state-copies.json") == true)
    }
  }

  @Test("a build that is missing or altered is refused before anything is drained")
  func altered() async throws {
    try await placed(try await BuildHost.scripted()) { host, client in
      var release = host.new
      release.lock.openclaw.daemon = .zero
      let altered = await portError {
        _ = try await client.order(host.swing(to: release, state: .copy), "p/2")
      }
      #expect(altered.kind == .refused && altered.message.contains("daemon"))
      try Files.removeTree(host.home("builds/2026.9.6"))
      let missing = await portError {
        _ = try await client.order(host.swing(to: host.new, state: .copy), "p/3")
      }
      #expect(missing.kind == .refused && missing.remedy?.contains("npm install") == true)
      #expect(await host.gateway.drains == 0)
    }
  }

  @Test("a copy that cannot be made leaves the old build running on its state")
  func noCopy() async throws {
    let host = try await BuildHost.scripted()
    var services = host.services
    services.openclawState = FullState(
      try #require(host.services.openclawState))
    let broken = TestHost(host, spec: host.spec, services: services, gateway: host.gateway)
    try await placed(broken) { host, client in
      let error = await portError {
        _ = try await client.order(host.swing(to: host.new, state: .copy), "p/2")
      }
      #expect(error.kind == .outOfSpace)
      #expect(error.message.contains("it was stopped, and is started again"))
      let survey = try await client.survey()
      #expect(survey.gateway?.version == "2026.9.4" && survey.builds?.current == "2026.9.4")
      #expect(try writer(host, "claw") == "2026.9.4")
    }
  }

  // MARK: An agent that dies in the middle

  @Test(
    "an agent killed at any step is followed by one that ends it, forward",
    arguments: Gate.Step.allCases)
  func killedForward(_ step: Gate.Step) async throws {
    let host = try await BuildHost.scripted()
    let gate = Gate()
    let operation = host.swing(to: host.new, state: .copy)
    try await host.withAgent { client in _ = try await client.order(.place(host.new), "p/1") }
    guard try await kill(host, gate, at: step, operation, "p/2") else { return }
    try await host.withAgent { client in
      let report = try await client.swung(operation, "p/2")
      #expect(report.after.version == "2026.9.6")
      let copy = try #require(report.state?.copy)
      #expect(try Files.readText("\(copy)/written-by") == "2026.9.4")
      let back = try await client.swung(host.swing(to: host.old, state: back), "p/3")
      #expect(back.after.version == "2026.9.4")
      #expect(try writer(host, "claw") == "2026.9.4")
    }
  }

  @Test(
    "an agent killed at any step is followed by one that ends it, back",
    arguments: Gate.Step.allCases)
  func killedBack(_ step: Gate.Step) async throws {
    let host = try await BuildHost.scripted()
    let gate = Gate()
    let operation = host.swing(to: host.old, next: "1.4.1", state: back)
    try await host.withAgent { client in
      _ = try await client.order(.place(host.new), "p/1")
      _ = try await client.swung(host.swing(to: host.new, state: .copy), "p/2")
      try TestHost.write("said on the new build", to: host.home("claw/note"))
    }
    guard try await kill(host, gate, at: step, operation, "p/3") else { return }
    try await host.withAgent { client in
      let report = try await client.swung(operation, "p/3")
      #expect(report.after.version == "2026.9.4")
      let aside = try #require(report.state?.aside)
      #expect(try Files.readText("\(aside)/note") == "said on the new build")
      #expect(try writer(host, "claw") == "2026.9.4")
      #expect(try Files.status(of: host.home("claw/note")) == nil)
    }
  }

  /// Begins the operation, and ends the agent when it has come to the step. False when the operation
  /// never comes there.
  private func kill(
    _ host: TestHost, _ gate: Gate, at step: Gate.Step, _ operation: HostOperation, _ id: String
  ) async throws -> Bool {
    await gate.close(step)
    let gated = TestHost(
      host, spec: host.spec, services: gate.services(host.services), gateway: host.gateway)
    return try await gated.withAgent { client in
      await withTaskGroup(of: Bool.self) { group in
        group.addTask { (try? await client.order(operation, id)) == nil }
        group.addTask {
          await eventually { await gate.isReached }
        }
        let first = await group.next() ?? false
        group.cancelAll()
        return await gate.isReached && first
      }
    }
  }
}
