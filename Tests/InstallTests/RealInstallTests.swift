import SluiceAgentClient
import SluiceController
import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceInstall

/// Sluice's own program, installed over a real sshd. The machine of the test has no service manager to
/// use, so the last step is left to the test, as the plan says.
@Suite(
  "Installing over a real sshd", .serialized,
  .enabled(
    if: hasTool("sshd"), "sshd is not installed: scripts/setup --tests installs it"))
struct RealInstallTests {
  private struct World {
    let sshd: LoopbackSSHD
    let fleet: Fleet
    let fleetPath: String
    var home: TemporaryDirectory { sshd.home }
    var host: HostSpec { fleet.hosts[0] }

    func installation(_ purpose: InstallPlan.Purpose) async throws -> HostInstallation {
      let shell = SSHShell(
        host: host.name,
        destination: "ssh://\(HostFacts.userName)@127.0.0.1:\(sshd.port)",
        settings: SSHSettings(
          program: try requireTool("ssh"),
          trust: .closed(identityFile: home("client"), knownHostsFile: home("known"))))
      return try await HostInstallation(
        fleet, fleetPath: fleetPath, purpose: purpose, scope: .user,
        programPath: "\(products)/sluice", shells: [host.name: shell])
    }

    func keys() throws -> [Substring] {
      try Files.readText(home("account/.ssh/authorized_keys")).split(separator: "\n")
    }
  }

  private func with(_ body: (World) async throws -> Void) async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("account"))
    try Files.makeDirectory(home("account/.ssh"), mode: 0o700)
    let keys = home("account/.ssh/authorized_keys")
    let sshd = try await LoopbackSSHD(
      in: home, host: "mac-a",
      options: ["AuthorizedKeysFile \(keys)", "SetEnv HOME=\(home("account"))"]
    ) { key in
      try? Files.create(keys, with: Array("# of the account\n\(key)".utf8), mode: 0o600)
      return ""
    }
    let probe = try #require(try PortFinder.freeLoopbackPorts(1).first)
    let text = """
      fleet: f
      writer: {ledger: \(home("w/ledger.jsonl")), state: \(home("w")), identity: \(home("w/key"))}
      hosts:
      - {name: mac-a, arm: canary, ssh: "ssh://\(HostFacts.userName)@127.0.0.1:\(sshd.port)",
         gateway: 127.0.0.1:1, probe: 127.0.0.1:\(probe), paths: {state: \(home("db/sluice"))},
         openclaw: {cli: /o, token_file: /t, service: {systemd: {unit: o.service}}}}
      - {name: mac-b, gateway: 127.0.0.1:3, probe: 127.0.0.1:4,
         openclaw: {cli: /o, token_file: /t, service: {systemd: {unit: o.service}}}}
      balancer: {kind: managed, bind: 127.0.0.1:5}
      """
    try Files.create(home("sluice.yaml"), with: Array(text.utf8), mode: 0o600)
    let world = World(
      sshd: sshd, fleet: try FleetLoader.load(home("sluice.yaml")), fleetPath: home("sluice.yaml"))
    do { try await body(world) } catch {
      await sshd.stop()
      throw error
    }
    await sshd.stop()
  }

  private func prepared(
    _ installation: HostInstallation, _ host: HostSpec
  ) async throws -> HostInstallation.Prepared {
    let result = try #require(await installation.prepare([host])[host.name])
    return try result.get()
  }

  private func perform(_ prepared: HostInstallation.Prepared) async -> [InstallStep.Kind] {
    var done: [InstallStep.Kind] = []
    _ = await prepared.run.perform(
      before: { _ in },
      after: { step, outcome in
        if outcome == .done { done.append(step.kind) }
        if case .failed(let reason, _) = outcome, step.kind != .service {
          Issue.record("\(step.title): \(reason)")
        }
      })
    return done
  }

  @Test(
    "a fresh host gets everything, the agent answers over the writer's key, and it all goes again")
  func wholeWay() async throws {
    try await with { world in
      let host = world.host
      let install = try await world.installation(.install)
      try await install.requireNoPromotion()

      // The writer's key is made once, for this account alone.
      #expect(try install.missingIdentity() == world.home("w/key"))
      try await install.makeIdentity()
      #expect(try install.missingIdentity() == nil)
      #expect(try Files.status(of: world.home("w/key"))?.mode == 0o600)

      // The host's key has the fingerprint that ssh-keygen shows, and is recorded once.
      let key = try #require(try await install.unrecordedKey(of: host))
      let shown = try await Processes.run(
        ProcessCommand(
          try requireTool("ssh-keygen"), ["-lf", world.home("host.pub")], environment: [:]))
      #expect(shown.outputText.contains(" \(key.fingerprint) "))
      try install.record(key, of: host)
      #expect(try await install.unrecordedKey(of: host) == nil)

      // Every step that needs no service manager is done, and the second time there is nothing to do.
      let first = try await prepared(install, host)
      #expect(await perform(first) == [.directory, .program, .fleet, .key])
      let second = try await prepared(install, host)
      #expect(await perform(second).isEmpty)
      #expect(second.sight.version == SluiceVersion.text)
      let place = AgentPlace(host)
      #expect(try Files.status(of: place.program)?.mode == 0o755)
      #expect(try Files.status(of: place.fleet)?.mode == 0o600)
      #expect(try Files.status(of: place.state)?.mode == 0o700)
      #expect(try Files.read(place.fleet) == (try Files.read(world.fleetPath)))

      // The account's own keys stay, and the writer's key runs one command.
      let keys = try world.keys()
      #expect(keys.count == 3 && keys[0] == "# of the account" && keys[1].hasSuffix(" client"))
      #expect(keys[2].hasPrefix("restrict,command=\"\(place.program) node --stdio --socket"))
      let link = try #require(try FleetServices(world.fleet).hosts[host.name])
      let silent = await linkError(link)
      #expect(silent.kind == .unreachable && silent.message.contains("no agent of Sluice listens"))

      // The installed program serves as the agent of its own sluice.yaml, and answers the writer.
      let agent = try Processes.spawnDetached(
        ProcessCommand(
          place.program, ["agent", "--fleet", place.fleet, "--host", "mac-a"],
          environment: ["HOME": world.home("account"), "PATH": "/usr/bin:/bin"]),
        outputPath: world.home("agent.log"))
      do { try await install.prove(host) } catch {
        Issue.record("\(error)\n\((try? Files.readText(world.home("agent.log"))) ?? "")")
      }
      try Processes.signal(agent, 15)
      #expect(await Processes.waitForExit(agent, deadline: .seconds(20)))

      // Uninstall takes away what install made, and nothing else.
      let removal = try await prepared(try await world.installation(.uninstall), host)
      #expect(await perform(removal) == [.key, .files])
      #expect(try world.keys().count == 2)
      #expect(try Files.status(of: place.program) == nil)
      #expect(try Files.status(of: place.fleet) == nil)
      #expect(try Files.status(of: place.state) != nil)
      try install.forgetKey(of: host)
      #expect(try await install.unrecordedKey(of: host) == key)
    }
  }

  @Test("a key that opens a shell is not given to the writer as a restricted one")
  func foreignKey() async throws {
    try await with { world in
      try Files.makeDirectory(world.home("w"), mode: 0o700)
      for name in ["", ".pub"] {
        try Files.create(
          world.home("w/key\(name)"), with: try Files.read(world.home("client\(name)")),
          mode: 0o600)
      }
      let prepared = try await prepared(try await world.installation(.install), world.host)
      let key = try #require(prepared.plan.steps.first { $0.kind == .key })
      guard case .blocked(let reason, _) = key.plan else {
        return #expect(Bool(false), "the account's own key would lose its shell")
      }
      #expect(reason.contains("already opens more"))
    }
  }

  private func linkError(_ link: any HostClient) async -> PortError {
    do throws(PortError) {
      _ = try await link.ask(.probe, deadline: .seconds(20))
      return PortError(.failed, "the agent answered")
    } catch { return error }
  }
}
