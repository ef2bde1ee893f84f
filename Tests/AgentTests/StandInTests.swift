import Foundation
import SluiceCore
import SluiceHTTP
import SluiceHost
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// The whole node: real adapter, real process manager, real git, slices and links, against the
/// stand-in OpenClaw as a process.
@Suite("A host with a gateway process", .serialized)
struct StandInTests {
  private static let token = "a-token-of-the-test"

  /// A host whose gateway is a stand-in process on `port`.
  private func host() async throws -> TestHost {
    let plain = try await TestHost(interval: 500)
    let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    let home = plain.home
    try Files.makeDirectory(home("claw"), mode: 0o700)
    try TestHost.write(Self.token + "\n", to: home("claw/token"))
    try Files.setMode(home("claw/token"), 0o600)
    try TestHost.write(
      """
      {"gateway":{"port":\(port),"bind":"loopback","auth":{"token":"\(Self.token)"},
      "trustedProxies":["127.0.0.1"]},"skills":{"load":{"extraDirs":["\(home("skills/current"))"]}},
      "standin":{"version":"\(TestHost.openclaw)","startMs":50,"restartInPlaceMs":50,
      "restartCooldownMs":0,"firstSessionExtraMs":0,"doctorMs":0}}
      """, to: home("claw/openclaw.json"))
    let environment = [
      "OPENCLAW_CONFIG_PATH": home("claw/openclaw.json"), "OPENCLAW_STATE_DIR": home("claw"),
      "HOME": home("claw"), "PATH": "/usr/bin:/bin",
    ]
    let program = "\(products)/openclaw-standin"
    var spec = plain.spec
    spec.gateway = "127.0.0.1:\(port)"
    spec.openclaw = OpenClawSpec(
      cli: program, tokenFile: home("claw/token"), digest: nil,
      service: .process(
        program: program, arguments: ["gateway", "run"], log: home("claw/log"),
        record: home("claw/record")),
      environment: environment)
    let service = ProcessServiceManager(
      command: ProcessCommand(program, ["gateway", "run"], environment: environment),
      log: home("claw/log"), record: home("claw/record"))
    var services = plain.services
    services.service = service
    let gateway = OpenClawGateway(address: spec.gateway, spec: spec.openclaw, time: WallTime())
    return TestHost(plain, spec: spec, services: services.with(gateway: gateway))
  }

  @Test(
    "it is moved forward and back, by its service and by itself, and proven each time",
    arguments: SwingPolicy.RestartBy.allCases)
  func swing(by restartBy: SwingPolicy.RestartBy) async throws {
    let host = try await host()
    let service = host.services.service
    _ = try await service.start()
    do {
      try await host.withAgent { client in
        _ = try await host.probe { $0.doctor["*"] != nil && $0.skills.version != nil }
        try await client.acceptAll("p/0")
        let archived = try await host.probe { $0.status == .ok }
        _ = try await client.order(.place(host.new), "p/1")
        let forward = try await client.swung(
          host.swing(to: host.new) { $0.restartBy = restartBy }, "p/2")
        #expect(forward.restarted)
        #expect(forward.after.marker == host.new.marker)
        #expect((forward.after.pid == forward.before?.pid) == (restartBy == .gateway))
        #expect(forward.probe.status == .ok)
        let back = try await client.swung(
          host.swing(to: host.old, next: "1.4.1") { $0.restartBy = restartBy }, "p/3")
        #expect(back.after.marker == host.old.marker)
        #expect(back.probe.fingerprint == archived.fingerprint)
        #expect(back.after.bootID != forward.after.bootID)
      }
    } catch {
      _ = try? await service.stop(deadline: .seconds(5))
      throw error
    }
    _ = try await service.stop(deadline: .seconds(5))
  }
}
