import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

// Two builds of the stand-in, as processes started through the builds' link.

extension BuildHost {
  /// - Parameter start: what the new build's program does before or instead of serving.
  static func standIn(newBuild start: String = "") async throws -> TestHost {
    let good = "\"\(products)/openclaw-standin\""
    let plain = try await TestHost(
      interval: 500, openclaw: builds[0], next: builds[1])
    let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    for version in builds {
      try install(version, at: plain.home("builds/\(version)"), running: good)
    }
    if !start.isEmpty {
      try wrapper(
        """
        here=$(cd "$(dirname "$0")/.." && pwd -P)
        if [ "$1" = gateway ]; then
        \(start)
        fi
        OPENCLAW_STANDIN_BUILD="$here/node_modules/openclaw" exec \(good) "$@"
        """, at: plain.home("builds/2026.9.6"))
    }
    let environment = [
      "OPENCLAW_CONFIG_PATH": plain.home("claw/openclaw.json"),
      "OPENCLAW_STATE_DIR": plain.home("claw"), "HOME": plain.home.path, "PATH": "/usr/bin:/bin",
    ]
    let host = try await process(plain, port: port, environment: environment)
    try TestHost.write(
      """
      {"gateway":{"port":\(port),"bind":"loopback","auth":{"token":"\(token)"},
      "trustedProxies":["127.0.0.1"]},
      "skills":{"load":{"extraDirs":["\(plain.home("skills/current"))"]}},
      "standin":{"startMs":50,"restartInPlaceMs":50,"restartCooldownMs":0,
      "firstSessionExtraMs":0,"doctorMs":0}}
      """, to: host.home("claw/openclaw.json"))
    return host
  }

  /// Runs the gateway and the agent of such a host around `body`.
  ///
  /// - Parameter start: what the new build's program does before or instead of serving.
  static func runningStandIn(
    newBuild start: String = "",
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    let host = try await standIn(newBuild: start)
    _ = try await host.services.service.start()
    do {
      try await host.withAgent { client in
        _ = try await host.probe { $0.doctor["*"] != nil && $0.skills.version != nil }
        try await body(host, client)
      }
    } catch {
      _ = try? await host.services.service.stop(deadline: .seconds(5))
      throw error
    }
    _ = try await host.services.service.stop(deadline: .seconds(5))
  }
}
