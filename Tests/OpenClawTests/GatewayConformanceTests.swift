import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceTestSupport
import Synchronization
import Testing

@testable import OpenClawStandIn

/// A gateway under test, and the hands that a test needs around it.
struct GatewayWorld: Sendable {
  private let gateway: any WholeGateway
  var reading: any GatewayReading { gateway }
  var moving: any GatewayMoving { gateway }
  var runLog: any GatewayRunLog { gateway }
  var news: any GatewayNewsSource { gateway }
  /// Lets the link name a release; nothing restarts.
  let link: @Sendable (_ version: String) async throws -> Void
  /// One session that runs until `endSessions`.
  let beginSession: @Sendable () async throws -> Void
  let endSessions: @Sendable () async throws -> Void
  /// Ends the process.
  let stop: @Sendable () async throws -> Void

  init(
    _ gateway: any WholeGateway, link: @escaping @Sendable (String) async throws -> Void,
    beginSession: @escaping @Sendable () async throws -> Void,
    endSessions: @escaping @Sendable () async throws -> Void,
    stop: @escaping @Sendable () async throws -> Void
  ) {
    self.gateway = gateway
    self.link = link
    self.beginSession = beginSession
    self.endSessions = endSessions
    self.stop = stop
  }
}

/// The adapters that pass the suite: the one in front of the stand-in and, where it is installed, of the real
/// OpenClaw; and the simulated gateway. Where the stand-in differs, it is wrong.
enum GatewayKind: Sendable, CustomTestStringConvertible {
  case standIn, simulated
  case real(String)

  static let allCases = [simulated] + processes
  /// The gateways whose process keeps a run log and sends events by itself.
  static let processes = [standIn] + RealOpenClaw.versions.map { real($0) }

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
        gateway, link: { await gateway.link(to: try Marker.sample($0)) },
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
          control, link: { try host.swing(to: $0) },
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
          try real.control, link: { try real.host.swing(to: $0) },
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
@Suite("What every gateway keeps to, port by port", .serialized)
struct GatewayConformanceTests {
  @Test(
    "the real OpenClaw is held to it too",
    .enabled(
      if: !RealOpenClaw.versions.isEmpty,
      "SKIPPED: SLUICE_OPENCLAW does not name a directory with bin/openclaw-VERSION"))
  func real() {
    #expect(GatewayKind.allCases.count == 2 + RealOpenClaw.versions.count)
  }
}
