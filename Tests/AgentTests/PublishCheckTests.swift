import SluiceCore
import SluiceSystem
import Testing

@testable import SluiceAgent

@Suite("What a check says of seals and services")
struct PublishCheckTests {
  private let launchd = ServiceSpec.launchd(
    domain: "system", label: "ai.openclaw.gateway", plist: nil)

  /// `ls /Library/LaunchDaemons /Library/LaunchAgents ~/Library/LaunchAgents` of Macs.
  private func meaning(_ listings: [(String, String)], _ spec: ServiceSpec? = nil) -> (
    GatewayAnswer.Level, came: String, means: String
  ) {
    OtherServices(declared: spec ?? launchd).meaning(
      listings.map {
        .init(folder: $0.0, names: $0.1.split(separator: "\n").map(String.init))
      })
  }

  private static let daemons = """
    ai.openclaw.gateway.plist
    ai.openclaw.sluice.agent.plist
    com.apple.installer.osmessagetracing.plist
    com.docker.vmnetd.plist
    """

  @Test("one definition beside Sluice's own and other programs' is as expected")
  func single() {
    let found = meaning([("/Library/LaunchDaemons", Self.daemons), ("/Library/LaunchAgents", "")])
    #expect(found.0 == .expected && found.came == "only ai.openclaw.gateway")
  }

  @Test("one label as daemon and as agent starts two gateways")
  func twice() {
    let found = meaning([
      ("/Library/LaunchDaemons", Self.daemons),
      ("/Users/claw/Library/LaunchAgents", "ai.openclaw.gateway.plist\ncom.google.keystone.plist"),
    ])
    #expect(found.0 == .fault && found.came == "ai.openclaw.gateway is defined 2 times")
    #expect(found.means.contains("/Users/claw/Library/LaunchAgents/ai.openclaw.gateway.plist"))
  }

  @Test("an old label or another profile is a remark, OpenClaw's node is none")
  func others() {
    let found = meaning([
      ("/Library/LaunchDaemons", Self.daemons),
      (
        "/Users/claw/Library/LaunchAgents",
        "com.openclaw.gateway.plist\nai.openclaw.node.plist\nai.openclaw.lab.plist.bak"
      ),
    ])
    #expect(found.0 == .odd && found.came == "1 besides ai.openclaw.gateway")
    #expect(found.means.hasSuffix("/Users/claw/Library/LaunchAgents/com.openclaw.gateway.plist"))
  }

  @Test("units of systemd, and a gateway that Sluice itself starts")
  func linux() {
    let unit = ServiceSpec.systemd(unit: "openclaw-gateway.service")
    let names = "openclaw-gateway.service\nopenclaw-old.service\nssh.service"
    let found = meaning([("/etc/systemd/system", names)], unit)
    #expect(found.0 == .odd && found.means.hasSuffix("/etc/systemd/system/openclaw-old.service"))
    let process = ServiceSpec.process(program: "/p", arguments: [], log: "/l", record: "/r")
    #expect(meaning([], process).0 == .expected)
    #expect(OtherServices.folders(of: process, home: "/h").isEmpty)
    #expect(OtherServices.folders(of: launchd, home: "/h").last == "/h/Library/LaunchAgents")
  }

  @Test("a slice that may be written to is told, and a sealed one is not", .timeLimit(.minutes(2)))
  func seals() async throws {
    let host = try await TestHost()
    try await host.withAgent { link in
      func seal() async throws -> GatewayAnswer {
        let check = try await link.ask(.check, deadline: .seconds(90))
        return try #require(check.answers.first { $0.capability == "seals" })
      }
      #expect(try await seal().level == .expected)
      let file = "\(host.spec.paths.skills)/1.4.1/greeter/SKILL.md"
      try Files.setMode(file, 0o644)
      let open = try await seal()
      #expect(open.level == .odd && open.means.hasPrefix(file), "\(open)")
    }
  }
}
