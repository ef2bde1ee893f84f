import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

@Suite("A gateway is drained without losing a session")
struct GatewayDrainTests {
  /// A gateway in which one session runs until the test ends it.
  private func withSession(
    _ change: (inout Configuration) -> Void = { _ in },
    _ body: (StandInHost, Gateway, OpenClawGateway) async throws -> Void
  ) async throws {
    let host = try StandInHost.marked()
    try host.endless("1.4.1")
    try await host.withGateway(change) { gateway in
      let control = try host.control()
      async let session = host.chat("people")
      try await gateway.untilSessionsRun(1)
      do {
        try await body(host, gateway, control)
      } catch {
        await gateway.endSessions()
        throw error
      }
      await gateway.endSessions()
      #expect(try await session.status == 200)
    }
  }

  @Test("closes for new work, lets the session that runs end, and returns when nothing runs")
  func drain() async throws {
    try await withSession { host, gateway, control in
      async let drained = control.drain(token: "op-1", deadline: .seconds(600))
      try await waitUntil { await control.readiness() == .draining }
      let refused = try await host.chat("another")
      #expect(refused.status == 503)
      #expect(refused.headers["Retry-After"] == "1")
      await gateway.endSessions()
      let report = try await drained
      #expect(report.isIdle)
      #expect(report.activeAtStart == 1)
      #expect(report.activeNow == 0)
      #expect(await control.readiness() == .draining, "closed until it is told otherwise")
      try await control.resume()
      #expect(await control.readiness() == .started(failing: []))
    }
  }

  @Test("at the deadline says what still runs, and keeps the gateway closed")
  func deadline() async throws {
    try await withSession { host, gateway, control in
      let report = try await control.drain(token: "op-1", deadline: .milliseconds(200))
      #expect(!report.isIdle)
      #expect(report.activeAtStart == 1)
      #expect(report.activeNow == 1)
      #expect(report.milliseconds >= 200)
      #expect(await control.readiness() == .draining)
      let held = await gateway.onLoop { gateway.suspension.held?.id }
      let again = try await control.drain(token: "op-1", deadline: .zero)
      #expect(!again.isIdle)
      #expect(await gateway.onLoop { gateway.suspension.held?.id } == held, "the same drain")
    }
  }

  @Test("renews the gateway's lease while it waits")
  func lease() async throws {
    try await withSession({ $0.standIn.suspensionMs = 6000 }) { _, gateway, control in
      async let drained = control.drain(token: "op-1", deadline: .seconds(600))
      try await waitUntil { await gateway.onLoop { gateway.suspension.isHeld } }
      let first = await gateway.onLoop { gateway.suspension.held?.id }
      try await waitUntil {
        await gateway.onLoop { (gateway.suspension.held?.renewal ?? 0) >= 2 }
      }
      #expect(await gateway.onLoop { gateway.suspension.held?.id } == first)
      await gateway.endSessions()
      #expect(try await drained.isIdle)
    }
  }

  @Test("an idle gateway is drained at once")
  func idle() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let report = try await host.control().drain(token: "op-1", deadline: .seconds(600))
      #expect(report.isIdle)
      #expect(report.activeAtStart == 0)
    }
  }

  @Test("another drain is refused; the same token finds the drain of a process that has ended")
  func tokens() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      _ = try await host.control().drain(token: "op-1", deadline: .seconds(600))
      let later = try host.control()
      let conflict = try await failure {
        try await later.drain(token: "op-2", deadline: .seconds(600))
      }
      #expect(conflict.kind == .refused)
      #expect(conflict.message.contains("another drain holds it"))
      for call in [
        { try await later.resume() }, { try await later.requestRestart(reason: "x") },
      ] as [@Sendable () async throws -> Void] {
        let error = try await failure {
          try await call()
        }
        #expect(error.kind == .refused)
        #expect(error.message.contains("suspended by somebody else"))
        #expect(error.remedy?.contains("two minutes") == true)
      }
      #expect(try await later.drain(token: "op-1", deadline: .seconds(600)).isIdle)
      try await later.resume()
      #expect(await later.readiness() == .started(failing: []))
      try await later.resume()
    }
  }

  @Test("a drained gateway says why it answers nothing else")
  func suspended() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let control = try host.control()
      _ = try await control.drain(token: "op-1", deadline: .seconds(600))
      let error = try await failure { try await control.skills() }
      #expect(error.kind == .refused)
      #expect(error.message.contains("it is suspended and answers nothing but suspension"))
    }
  }

  @Test("a drained gateway restarts in place, and is open afterwards")
  func restart() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { gateway in
      let control = try host.control()
      let before = try await control.identity()
      _ = try await control.drain(token: "op-1", deadline: .seconds(600))
      try await control.requestRestart(reason: "sluice swing")
      #expect(
        await eventually(within: .seconds(600)) {
          let after = try? await control.identity()
          return after.map { $0.bootID != before.bootID } ?? false
        })
      #expect(await control.readiness() == .started(failing: []))
      #expect(try await control.warmUp(deadline: .seconds(600)) >= 0)
      // A second one comes within the cool-down: it is accepted all the same.
      try await control.requestRestart(reason: "again")
      #expect(await gateway.onLoop { gateway.restart.pending?.reason } == "again")
    }
  }

  @Test("takes a drain up again when the connection breaks in the middle of it")
  func broken() async throws {
    let scripted = try ScriptedGateway { method, _, count in
      switch (method, count) {
      case ("connect", _): [.frame(try recording("rpc/hello"))]
      case ("gateway.suspend.status", 1): [.drop]
      case ("gateway.suspend.status", 2): [.close(1012, "service restart")]
      case ("gateway.suspend.status", _): [.frame(try recording("rpc/suspend-status-ready"))]
      case (_, ...3): [.frame(try recording("rpc/suspend-prepare-draining"))]
      default:
        [
          .frame(
            .answer([
              "status": "ready", "suspensionId": "s", "expiresAtMs": 1, "activeCount": 0,
              "blockers": [],
            ]))
        ]
      }
    }
    let report = try await scripted.control().drain(token: "op-1", deadline: .seconds(600))
    #expect(report.isIdle)
    #expect(report.activeAtStart == 1)
    #expect(scripted.methods.count { $0 == "connect" } == 3)
    #expect(scripted.methods.last == "gateway.suspend.prepare", "the lease is left renewed")
  }

  @Test("a gateway that nobody reaches is not waited for")
  func nobody() async throws {
    let host = try StandInHost.marked()
    let error = try await failure {
      try await host.control().drain(token: "op-1", deadline: .seconds(600))
    }
    #expect(error.kind == .unreachable)
    #expect(error.message.contains("127.0.0.1:\(host.port)"))
  }
}
