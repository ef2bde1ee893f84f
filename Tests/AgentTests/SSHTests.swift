import SluiceCore
import SluiceAgentClient
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

extension LoopbackSSHD {
  fileprivate func client(
    _ host: String = "mac-a", key: String = "client", port: UInt16? = nil,
    settings: SSHSettings? = nil
  ) throws -> SSHHostClient {
    SSHHostClient(
      host: HostName(host),
      destination: "ssh://\(HostFacts.userName)@127.0.0.1:\(port ?? self.port)",
      socket: "/nowhere", version: "1.0",
      settings: settings
        ?? SSHSettings(
          program: try requireTool("ssh"),
          trust: .closed(identityFile: home(key), knownHostsFile: home("known"))))
  }
}

@Suite(
  "A host behind ssh", .serialized,
  .enabled(
    if: hasTool("sshd"), "sshd is not installed: scripts/setup --tests installs it"))
struct SSHTests {
  private let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))

  private func with(
    command: (TemporaryDirectory) throws -> String,
    _ body: @Sendable (LoopbackSSHD) async throws -> Void
  ) async throws {
    let home = try TemporaryDirectory()
    let forced = try command(home)
    let sshd = try await LoopbackSSHD(in: home, host: "mac-a") { key in
      "command=\"\(forced)\",restrict \(key)"
    }
    do { try await body(sshd) } catch {
      await sshd.stop()
      throw error
    }
    await sshd.stop()
  }

  private static func bridge(_ socket: String) -> String {
    "\(products)/sluice node --stdio --socket \(socket)"
  }

  /// An agent behind the forced command.
  private func withAgent(_ body: @Sendable (LoopbackSSHD) async throws -> Void) async throws {
    try await with(command: { Self.bridge($0("agent.sock")) }) { sshd in
      try await serving(sshd) { try await body(sshd) }
    }
  }

  private func serving(_ sshd: LoopbackSSHD, _ body: () async throws -> Void) async throws {
    let listener = try SocketListener.listen(.unix(path: sshd.home("agent.sock")))
    defer { listener.close() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await AgentServer(node: host, version: "1.0").serve(listener.connections) }
      defer { group.cancelAll() }
      try await body()
    }
  }

  @Test("operations go through, and come back as the host gave them")
  func roundTrip() async throws {
    try await withAgent { sshd in
      let client = try sshd.client()
      #expect(try await client.survey() == (try await host.survey()))
      _ = try await client.order(.place(ExampleFleet.release("1.4.2")), "p/1", epoch: 3)
      let error = await portError {
        _ = try await client.order(.place(ExampleFleet.release("1.4.2")), "p/2", epoch: 2)
      }
      #expect(error.kind == .fenced)
    }
  }

  @Test("a wrong key, an unknown host key and a closed port are unreachable: nothing was asked")
  func refused() async throws {
    try await withAgent { sshd in
      let key = await portError { _ = try await sshd.client(key: "stranger").probe() }
      #expect(key.kind == .unreachable && key.message.contains("Permission denied"))
      let unknown = await portError { _ = try await sshd.client("mac-b").probe() }
      #expect(unknown.kind == .unreachable && unknown.message.contains("verification failed"))
      let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
      let closed = await portError { _ = try await sshd.client(port: port).probe() }
      #expect(closed.kind == .unreachable && closed.message.contains("Connection refused"))
    }
  }

  @Test("an agent that is not there, and a program that is not there, are told apart")
  func nobody() async throws {
    try await with(command: { Self.bridge($0("none.sock")) }) { sshd in
      let error = await portError { _ = try await sshd.client().probe() }
      #expect(error.kind == .unreachable && error.message.contains("none.sock"))
    }
    try await with(command: { _ in "/nowhere/sluice node --stdio" }) { sshd in
      let error = await portError { _ = try await sshd.client().probe() }
      #expect(error.kind == .unreachable && error.message.contains("no program sluice"))
    }
  }

  @Test("an answer that does not come in time is unknown")
  func silent() async throws {
    try await with(command: { _ in "/bin/sleep 60" }) { sshd in
      let error = await portError {
        _ = try await sshd.client().ask(.probe, deadline: .seconds(2))
      }
      #expect(error.kind == .unknown && error.message.contains("2.0 seconds"))
    }
  }

  @Test("the text of a login shell before the agent's greeting does no harm")
  func banner() async throws {
    let command: (TemporaryDirectory) -> String = { home in
      "echo Welcome to mac-a; echo; \(Self.bridge(home("agent.sock")))"
    }
    try await with(command: command) { sshd in
      try await serving(sshd) {
        let link = try sshd.client()
        #expect(try await link.survey() == (try await host.survey()))
      }
    }
  }

  @Test("a changed host key is refused, with its fingerprint and the remedy")
  func changedKey() async throws {
    try await withAgent { sshd in
      let other = try Files.readText(sshd.home("stranger.pub")).split(separator: " ").prefix(2)
      try Files.replace(
        sshd.home("known"), with: Array("mac-a \(other.joined(separator: " "))\n".utf8))
      let error = await portError { _ = try await sshd.client().probe() }
      #expect(error.kind == .unreachable)
      #expect(error.message.contains("is not the recorded one; it is SHA256:"))
      #expect(error.remedy?.contains("ssh-keygen -R mac-a -f \(sshd.home("known"))") == true)
    }
  }

  @Test("the operator's own configuration names machine, port, key and host keys")
  func operators() async throws {
    try await withAgent { sshd in
      try Files.create(
        sshd.home("ssh_config"),
        with: Array(
          """
          Host gateway-one
            HostName 127.0.0.1
            Port \(sshd.port)
            User \(HostFacts.userName)
            IdentityFile \(sshd.home("client"))
            UserKnownHostsFile \(sshd.home("operators"))
            StrictHostKeyChecking no
          """.utf8), mode: 0o600)
      let host = try Files.readText(sshd.home("host.pub")).split(separator: " ").prefix(2)
      try Files.create(
        sshd.home("operators"),
        with: Array("[127.0.0.1]:\(sshd.port) \(host.joined(separator: " "))\n".utf8), mode: 0o600)
      // ssh finds its configuration by the account's home, which a test leaves alone.
      try Files.create(
        sshd.home("ssh"),
        with: Array(
          "#!/bin/sh\nexec \(try requireTool("ssh")) -F \(sshd.home("ssh_config")) \"$@\"\n".utf8),
        mode: 0o755)
      let settings = SSHSettings(program: sshd.home("ssh"), trust: .operators)
      let link = SSHHostClient(
        host: HostName("mac-a"), destination: "gateway-one", socket: "/nowhere", version: "1.0",
        settings: settings)
      #expect(try await link.survey() == (try await self.host.survey()))

      // A key that is not on record is refused, whatever the configuration allows.
      try Files.replace(sshd.home("operators"), with: [])
      let error = await portError { _ = try await link.probe() }
      #expect(error.kind == .unreachable && error.message.contains("verification failed"))
      #expect(error.remedy?.contains("Connect once by hand") == true)
    }
  }
}
