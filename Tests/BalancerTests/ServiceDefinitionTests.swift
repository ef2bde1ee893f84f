import Foundation
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

  private func plist(_ service: ServiceDefinition) throws -> [String: Any] {
    let value = try PropertyListSerialization.propertyList(
      from: Data(service.launchd.utf8), format: nil)
    return try #require(value as? [String: Any])
  }

  @Test("launchd reads from the property list what was meant")
  func launchd() throws {
    let keeper = try plist(keeper())
    #expect(
      keeper["ProgramArguments"] as? [String] == [
        "/opt/a & b/sluice", "balancer", "keep", "--fleet", "/etc/<100%>.yaml",
      ])
    let agent = try plist(agent)
    let words = try #require(agent["ProgramArguments"] as? [String])
    #expect(words.dropFirst().prefix(3) == ["agent", "--host", "mac-a"])
    let log = try #require(agent["StandardErrorPath"] as? String)
    #expect(words.suffix(2) == ["--log", log] && log.hasSuffix("/agent.log"))
    #expect(agent["UserName"] as? String == "openclaw")
    for service in [keeper, agent] {
      for key in ["KeepAlive", "RunAtLoad", "AbandonProcessGroup"] {
        #expect(service[key] as? Bool == true)
      }
      #expect(service["WorkingDirectory"] as? String == "/")
      let environment = service["EnvironmentVariables"] as? [String: String]
      #expect(environment?["PATH"]?.hasPrefix("/opt/homebrew/bin:") == true)
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
      for key in ["SoftResourceLimits", "HardResourceLimits"] {
        let limits = try plist(service)[key] as? [String: Int]
        #expect(limits?["NumberOfFiles"] == least)
      }
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
