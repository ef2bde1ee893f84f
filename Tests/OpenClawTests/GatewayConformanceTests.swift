import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

/// A gateway under test, and the hands that a test needs around it.
struct GatewayWorld: Sendable {
  let control: any GatewayControl
  /// Lets the link name a release; nothing restarts.
  let link: @Sendable (_ version: String) async throws -> Void
  /// One session that runs until `endSessions`.
  let beginSession: @Sendable () async throws -> Void
  let endSessions: @Sendable () async throws -> Void
  /// Ends the process.
  let stop: @Sendable () async throws -> Void
}

enum GatewayKind: String, CaseIterable, Sendable {
  case real = "the adapter of OpenClaw", simulated = "the simulated gateway"

  func withWorld(_ body: (GatewayWorld) async throws -> Void) async throws {
    switch self {
    case .simulated:
      let gateway = SimulatedGateway(loads: try Marker.sample("1.4.1"), time: SimulatedTime())
      try await body(
        GatewayWorld(
          control: gateway, link: { await gateway.link(to: try Marker.sample($0)) },
          beginSession: { await gateway.beginSession() },
          endSessions: { await gateway.endSessions() },
          stop: { await gateway.setRunning(false) }))
    case .real:
      let host = try StandInHost.marked()
      try host.release("1.4.2", quality: #"{"latencyMs":{"p50":5,"sigma":0}}"#)
      try host.mark("1.4.2")
      let control = try host.control()
      try await host.withGateway { gateway in
        try await body(
          GatewayWorld(
            control: control, link: { try host.swing(to: $0) },
            beginSession: { await gateway.onLoop { gateway.beginEndless() } },
            endSessions: { await gateway.endSessions() },
            stop: {
              gateway.stop()
              _ = await gateway.waitUntilEnded()
            }))
      }
    }
  }
}

extension Gateway {
  /// A session whose model takes an hour. On the loop.
  fileprivate func beginEndless() {
    let run = Run(
      id: "endless-\(lane.running.count)", sessionKey: "agent:main:endless", origin: .webSocket,
      admittedAt: wall, completion: { _, _ in })
    lane.running[run.id] = run
  }
}

@Suite("What every gateway control keeps to")
struct GatewayConformanceTests {
  @Test(
    "a link is loaded by a restart in place: same pid, new boot id", arguments: GatewayKind.allCases
  )
  func restart(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let before = try await world.control.identity()
      #expect(before.marker == (try Marker.sample("1.4.1")))
      try await world.link("1.4.2")
      #expect(try await world.control.identity() == before)
      try await world.control.requestRestart(reason: "conformance")
      var after = before
      let isNew = await eventually(within: .seconds(600)) {
        guard let identity = try? await world.control.identity() else { return false }
        after = identity
        return identity.bootID != before.bootID
      }
      #expect(isNew)
      #expect(after.pid == before.pid)
      #expect(after.version == before.version)
      #expect(after.startedAtMilliseconds >= before.startedAtMilliseconds)
      #expect(after.marker == (try Marker.sample("1.4.2")))
      let marker = try await world.control.skills().first { $0.name == Marker.skillName }
      #expect(marker?.description == after.marker?.description)
    }
  }

  @Test(
    "a drain holds until it is resumed, and is told by its token", arguments: GatewayKind.allCases)
  func drain(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let control = world.control
      #expect(await control.readiness() == .started(failing: []))
      #expect(try await control.drain(token: "a", deadline: .seconds(600)).isIdle)
      #expect(await control.readiness() == .draining)
      #expect(try await control.drain(token: "a", deadline: .seconds(600)).isIdle)
      let conflict = try await failure { try await control.drain(token: "b", deadline: .zero) }
      #expect(conflict.kind == .refused)
      let reading = try await failure { try await control.identity() }
      #expect(reading.kind == .refused)
      try await control.resume()
      #expect(await control.readiness() == .started(failing: []))
      try await control.resume()
      _ = try await control.identity()
    }
  }

  @Test(
    "at the deadline it tells what runs, and goes on where it was", arguments: GatewayKind.allCases)
  func busy(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      try await world.beginSession()
      let report = try await world.control.drain(token: "a", deadline: .milliseconds(150))
      #expect(!report.isIdle)
      #expect(report.activeAtStart == 1)
      #expect(report.activeNow == 1)
      #expect(report.milliseconds >= 150)
      #expect(await world.control.readiness() == .draining)
      try await world.endSessions()
      let ended = try await world.control.drain(token: "a", deadline: .seconds(600))
      #expect(ended.isIdle)
      #expect(ended.activeNow == 0)
    }
  }

  @Test("a drained gateway can be restarted, and is open then", arguments: GatewayKind.allCases)
  func drainedRestart(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let before = try await world.control.identity()
      _ = try await world.control.drain(token: "a", deadline: .seconds(600))
      try await world.control.requestRestart(reason: "conformance")
      #expect(
        await eventually(within: .seconds(600)) {
          let identity = try? await world.control.identity()
          return identity.map { $0.bootID != before.bootID } ?? false
        })
      #expect(try await world.control.warmUp(deadline: .seconds(600)) >= 0)
      #expect(await world.control.readiness() == .started(failing: []))
    }
  }

  @Test(
    "serves a session of Sluice's own, and none while it is closed", arguments: GatewayKind.allCases
  )
  func warmUp(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      #expect(try await world.control.warmUp(deadline: .seconds(600)) >= 0)
      #expect(try await world.control.queueDepth() == 0)
      #expect(try await world.control.webhookDigest().state == .absent)
      _ = try await world.control.drain(token: "a", deadline: .seconds(600))
      let closed = try await failure {
        try await world.control.warmUp(deadline: .milliseconds(300))
      }
      #expect(closed.kind == .failed)
    }
  }

  @Test(
    "a process that has ended is unreachable, whatever it is asked", arguments: GatewayKind.allCases
  )
  func ended(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let control = world.control
      try await world.stop()
      guard case .down = await control.readiness() else {
        Issue.record("it is not down: \(await control.readiness())")
        return
      }
      let calls: [@Sendable () async throws -> Void] = [
        { _ = try await control.identity() }, { _ = try await control.skills() },
        { _ = try await control.queueDepth() }, { try await control.resume() },
        { try await control.requestRestart(reason: "x") },
        { _ = try await control.drain(token: "a", deadline: .seconds(600)) },
        { _ = try await control.faultBehindBalancer() },
      ]
      for call in calls {
        let error = try await failure { try await call() }
        #expect(error.kind == .unreachable)
      }
    }
  }
}
