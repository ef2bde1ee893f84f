import SluiceCore
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController
@testable import SluiceHAProxy
@testable import SluiceInstall

@Suite("Services of keeper and agent")
struct ServiceDefinitionTests {
  private func keeper(openFiles: Int = 0) -> ServiceDefinition {
    .keeper(
      program: "/opt/a & b/sluice", fleetPath: "/etc/<100%>.yaml", user: "ana",
      log: "/var/log/k", openFiles: openFiles)
  }

  private var agent: ServiceDefinition {
    .agent(of: ExampleFleet.fleet().hosts[0], fleetPath: "/etc/sluice.yaml", user: "openclaw")
  }

  @Test("launchd reads from the property list what was meant")
  func launchd() throws {
    let keeper = try LaunchdJob.read(keeper().launchd)
    #expect(
      keeper.programArguments == [
        "/opt/a & b/sluice", "balancer", "keep", "--fleet", "/etc/<100%>.yaml",
      ])
    let agent = try LaunchdJob.read(agent.launchd)
    #expect(agent.programArguments.dropFirst().prefix(3) == ["agent", "--host", "mac-a"])
    let log = agent.standardErrorPath
    #expect(agent.programArguments.suffix(2) == ["--log", log] && log.hasSuffix("/agent.log"))
    #expect(agent.userName == "openclaw")
    for service in [keeper, agent] {
      #expect(service.keepAlive && service.runAtLoad && service.abandonProcessGroup)
      #expect(service.workingDirectory == "/")
      #expect(service.environmentVariables["PATH"]?.hasPrefix("/opt/homebrew/bin:") == true)
    }
  }

  @Test("HAProxy may have as many files open as its connections need")
  func descriptors() throws {
    for (connections, least) in [(nil, 65_536), (4_000, 65_536), (100_000, 200_256)]
      as [(Int?, Int)]
    {
      guard var spec = ExampleFleet.fleet().balancer.managed else {
        Issue.record("the example's balancer is not managed")
        return
      }
      spec.maximumConnections = connections
      let service = keeper(openFiles: spec.openFiles)
      #expect(service.openFiles == least)
      let job = try LaunchdJob.read(service.launchd)
      #expect(job.softLimits.files == least && job.hardLimits.files == least)
      #expect(service.systemd.contains("LimitNOFILE=\(least)\n"))
    }
  }

  @Test("systemd takes the units, and is told to start them again and to leave HAProxy alone")
  func systemd() async throws {
    let keeper = keeper().systemd
    #expect(
      keeper.contains(
        "ExecStart=\"/opt/a & b/sluice\" balancer keep --fleet \"/etc/<100%%>.yaml\"\n"))
    for line in ["KillMode=process", "Restart=always", "WantedBy=multi-user.target"] {
      #expect(keeper.contains("\(line)\n") && agent.systemd.contains("\(line)\n"))
    }
    guard let program = Processes.find("systemd-analyze") else { return }
    let directory = try TemporaryDirectory()
    for (name, service) in [("keeper", self.keeper()), ("agent", agent)] {
      var service = service
      (service.program, service.user) = ("/bin/true", "root")
      let path = directory("sluice-\(name).service")
      try Files.create(path, with: Array(service.systemd.utf8), mode: 0o644)
      let outcome = try await Processes.run(
        ProcessCommand(program, ["verify", "--man=no", path], environment: [:]))
      #expect(
        outcome.succeeded && !outcome.errorText.contains(path), "\(outcome.errorText)")
    }
  }
}
