import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceInstall

@Suite("The agent's service definition")
struct UnitTextTests {
  static func place(_ state: String = "/var/db/openclaw/sluice") -> AgentPlace {
    AgentPlace(
      HostSpec(
        name: HostName("mac-a"), role: .gateway, arm: .canary,
        connection: .ssh(destination: "ops@mac-a", socket: "\(state)/agent.sock"),
        gateway: "10.0.0.11:18789", probe: "10.0.0.11:8088",
        paths: HostPaths(infra: "/i", skills: "/s", tenants: "/t", state: state),
        openclaw: OpenClawSpec(
          cli: "/opt/homebrew/bin/openclaw", tokenFile: "/t", digest: nil,
          service: .systemd(unit: "o.service"), environment: [:])))
  }

  static func unit(
    _ manager: AgentUnit.Manager, _ scope: AgentUnit.Scope = .system,
    state: String = "/var/db/openclaw/sluice"
  ) -> AgentUnit {
    AgentUnit(
      manager: manager, scope: scope, place: place(state), account: "openclaw", accountNumber: 501,
      home: "/Users/openclaw")
  }

  @Test(
    "the property list is one to a parser of property lists",
    arguments: AgentUnit.Scope.allCases, ["/var/db/openclaw/sluice", "/a b/<c>&\"d\"/e"])
  func plist(scope: AgentUnit.Scope, state: String) throws {
    let unit = Self.unit(.launchd, scope, state: state)
    let job = try LaunchdJob.read(unit.text)
    #expect(job.label == "ai.openclaw.sluice.agent")
    #expect(
      job.programArguments
        == [
          "\(state)/bin/sluice", "agent", "--fleet", "\(state)/sluice.yaml", "--host", "mac-a",
          "--log",
          "\(state)/agent.log",
        ])
    #expect(job.userName == (scope == .system ? "openclaw" : nil))
    #expect(job.keepAlive && job.runAtLoad && job.abandonProcessGroup)
    #expect(job.environmentVariables["HOME"] == "/Users/openclaw")
    #expect(job.standardErrorPath == "\(state)/agent.log")
  }

  @Test(
    "a daemon and an agent of launchd, and units of both systemds, lie where they are looked for")
  func paths() {
    #expect(Self.unit(.launchd).path == "/Library/LaunchDaemons/ai.openclaw.sluice.agent.plist")
    #expect(
      Self.unit(.launchd, .user).path
        == "/Users/openclaw/Library/LaunchAgents/ai.openclaw.sluice.agent.plist")
    #expect(Self.unit(.launchd).domain == "system")
    #expect(Self.unit(.launchd, .user).domain == "gui/501")
    #expect(Self.unit(.systemd).path == "/etc/systemd/system/sluice-agent.service")
    #expect(
      Self.unit(.systemd, .user).path
        == "/Users/openclaw/.config/systemd/user/sluice-agent.service")
  }

  @Test("a unit names its account, starts at boot, and leaves the gateway alone")
  func systemd() {
    let text = Self.unit(.systemd).text
    #expect(text.contains("\nUser=openclaw\nWorkingDirectory=/\nKillMode=process\n"))
    #expect(text.contains("\nWantedBy=multi-user.target\n"))
    #expect(text.contains("\"/var/db/openclaw/sluice/bin/sluice\" agent --fleet "))
    let own = Self.unit(.systemd, .user, state: "/a%b$c\"d").text
    #expect(!own.contains("User=") && own.contains("WantedBy=default.target"))
    #expect(own.contains("\"/a%%b$$c\\\"d/bin/sluice\""))
  }

  @Test(
    "systemd's own tool takes the unit",
    .enabled(if: hasTool("systemd-analyze"), "systemd-analyze is not installed"))
  func verified() async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("bin"))
    try Files.create(home("bin/sluice"), with: Array("#!/bin/sh\n".utf8), mode: 0o755)
    let unit = AgentUnit(
      manager: .systemd, scope: .system, place: Self.place(home.path),
      account: HostFacts.userName, accountNumber: 0, home: "/root")
    try Files.create(home("sluice-agent.service"), with: Array(unit.text.utf8), mode: 0o644)
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool("systemd-analyze"), ["verify", home("sluice-agent.service")],
        environment: ["PATH": "/usr/bin:/bin"]))
    #expect(outcome.succeeded, "\(outcome.errorText)")
    #expect(!outcome.errorText.contains("sluice-agent"), "\(outcome.errorText)")
  }
}
