import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Synchronization
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

/// Who passes the suite: the adapter in front of the stand-in and, where it is installed, of the real
/// OpenClaw; and the simulated gateway. Where the stand-in differs, it is wrong.
enum GatewayKind: Sendable, CustomTestStringConvertible {
  case standIn, simulated
  case real(String)

  static let allCases = [standIn, simulated] + RealOpenClaw.versions.map { real($0) }

  var testDescription: String {
    switch self {
    case .standIn: "the adapter, and the stand-in"
    case .simulated: "the simulated gateway"
    case .real(let version): "the adapter, and OpenClaw \(version)"
    }
  }

  func withWorld(_ body: (GatewayWorld) async throws -> Void) async throws {
    switch self {
    case .simulated: try await withSimulated(body)
    case .standIn: try await withStandIn(body)
    case .real(let version): try await withReal(version, body)
    }
  }

  private func withSimulated(_ body: (GatewayWorld) async throws -> Void) async throws {
    let gateway = SimulatedGateway(loads: try Marker.sample("1.4.1"), time: SimulatedTime())
    try await body(
      GatewayWorld(
        control: gateway, link: { await gateway.link(to: try Marker.sample($0)) },
        beginSession: { await gateway.beginSession() },
        endSessions: { await gateway.endSessions() },
        stop: { await gateway.setRunning(false) }))
  }

  private func withStandIn(_ body: (GatewayWorld) async throws -> Void) async throws {
    let host = try StandInHost.marked()
    try host.release("1.4.2", quality: #"{"latencyMs":{"p50":5,"sigma":0}}"#)
    try host.mark("1.4.2")
    let control = try host.control()
    try await host.withGateway({ $0.standIn.links = .hot }) { gateway in
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

  private func withReal(
    _ version: String, _ body: (GatewayWorld) async throws -> Void
  ) async throws {
    let real = try RealGateway(version)
    do {
      try await real.start()
      try await body(
        GatewayWorld(
          control: try real.control, link: { try real.host.swing(to: $0) },
          beginSession: { try await real.beginSession() },
          endSessions: { real.model.letGo() }, stop: { await real.stop() }))
    } catch {
      await real.stop()
      throw error
    }
    await real.stop()
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

// One after the other: a real gateway takes 700 MB.
@Suite("What every gateway control keeps to", .serialized)
struct GatewayConformanceTests {
  @Test(
    "the real OpenClaw is held to it too",
    .enabled(
      if: !RealOpenClaw.versions.isEmpty,
      "SKIPPED: SLUICE_OPENCLAW does not name a directory with bin/openclaw-VERSION"))
  func real() {
    #expect(GatewayKind.allCases.count == 2 + RealOpenClaw.versions.count)
  }

  @Test(
    "a flipped link is followed, and a restart in place keeps the pid and changes the boot id",
    arguments: GatewayKind.allCases
  )
  func restart(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let before = try await world.control.identity()
      #expect(before.marker == (try Marker.sample("1.4.1")))
      try await world.link("1.4.2")
      if await world.control.profile().followsLinks {
        var seen = before
        let follows = await eventually(within: .seconds(600)) {
          guard let identity = try? await world.control.identity() else { return false }
          seen = identity
          return identity.marker != before.marker
        }
        #expect(follows)
        seen.marker = before.marker
        #expect(seen == before, "the same boot of the same process")
      }
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

  @Test(
    "its run ledger tells of a run once, by its start and its end, and knows Sluice's own",
    arguments: GatewayKind.allCases)
  func runs(kind: GatewayKind) async throws {
    guard case .simulated = kind else {
      try await kind.withWorld { world in
        let control = world.control
        _ = try await control.warmUp(deadline: .seconds(600))
        var rows: [RunRow] = []
        let start = RunCursor(sequence: 0, occurredMilliseconds: 0, event: "")
        // The real one writes its ledger by the way.
        #expect(
          await eventually(within: .seconds(600)) {
            rows = (try? await control.runs(after: start).rows) ?? []
            return rows.count == 2
          })
        #expect(rows.map(\.status) == [.started, .succeeded])
        #expect(rows.allSatisfy(\.isOwn) && rows.first?.run == rows.last?.run)
        let newest = try await control.runs(after: nil)
        #expect(newest.rows == Array(rows.suffix(1)))
        #expect(try await control.runs(after: newest.newest).rows == [])
      }
      return
    }
  }

  @Test("what it is asked for a person to read is as expected", arguments: GatewayKind.allCases)
  func examination(kind: GatewayKind) async throws {
    try await kind.withWorld { world in
      let answers = await world.control.examine(tenants: [])
      #expect(!answers.isEmpty)
      guard case .real(let version) = kind else { return }
      let build = try #require(answers.first { $0.capability == "build" })
      #expect(build.level == .expected && build.came == "OpenClaw \(version)")
      let capabilities = [
        "startup", "readiness", "process", "release", "queue", "runs", "drain", "restart",
        "sessions", "configuration", "doctor",
      ]
      for capability in capabilities {
        let answer = try #require(answers.first { $0.capability == capability })
        #expect(answer.level == .expected, "\(answer)")
      }
      // Its trustedProxies name nobody: the line to add is told.
      let balancer = try #require(answers.first { $0.capability == "balancer" })
      #expect(balancer.level == .fault && balancer.means.contains("trustedProxies"))
    }
  }

  @Test(
    "over one connection it tells of its drain and its new boot", arguments: GatewayKind.allCases)
  func news(kind: GatewayKind) async throws {
    if case .simulated = kind { return }
    try await kind.withWorld { world in
      let control = world.control
      let heard = HeardNews()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await control.attend { heard.take($0) } }
        group.addTask {
          let isUp = await eventually(within: .seconds(600)) { heard.connections == 1 }
          #expect(isUp)
          _ = try await control.drain(token: "a", deadline: .seconds(600))
          let isTold = await eventually(within: .seconds(600)) {
            heard.all.contains(.suspension(phase: "prepared"))
          }
          #expect(isTold)
          try await control.requestRestart(reason: "conformance")
          let isBack = await eventually(within: .seconds(600)) { heard.connections == 2 }
          #expect(isBack)
          #expect(heard.all.contains { if case .shutdown = $0 { true } else { false } })
        }
        try await group.next()
        group.cancelAll()
      }
    }
  }
}

/// What was heard.
final class HeardNews: Sendable {
  private let news = Mutex<[GatewayNews]>([])
  func take(_ item: GatewayNews) { news.withLock { $0.append(item) } }
  var all: [GatewayNews] { news.withLock { $0 } }
  func contains(_ item: GatewayNews) -> Bool { all.contains(item) }
  var connections: Int { all.count { if case .connected = $0 { true } else { false } } }
}
