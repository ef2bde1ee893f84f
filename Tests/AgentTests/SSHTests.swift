import SluiceCore
import SluiceAgentClient
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

/// A real sshd on loopback with keys of its own, whose forced command carries bytes to a socket.
private final class Sshd: Sendable {
  let home: TemporaryDirectory
  let port: UInt16
  private let process: ProcessIdentity

  /// - Parameter command: what the key may run, whatever the client asks for.
  init(forcing command: String, in home: TemporaryDirectory) async throws {
    self.home = home
    port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    for key in ["host", "client", "stranger"] {
      try await TestHost.run(
        "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", home(key)])
    }
    let client = try Files.readText(home("client.pub"))
    try TestHost.write("command=\"\(command)\",restrict \(client)", to: home("authorized"))
    let host = try Files.readText(home("host.pub")).split(separator: " ").prefix(2)
    try TestHost.write("mac-a \(host.joined(separator: " "))\n", to: home("known"))
    let configuration = """
      ListenAddress 127.0.0.1:\(port)
      HostKey \(home("host"))
      AuthorizedKeysFile \(home("authorized"))
      PidFile none
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      """
    try TestHost.write(configuration + "\n", to: home("config"))
    // Where Debian's sshd, run as root, shuts up its unprivileged half; gone after each boot.
    if HostFacts.userIdentifier == 0 { try Files.makeDirectory("/run/sshd") }
    process = try Processes.spawnDetached(
      ProcessCommand(try requireTool("sshd"), ["-D", "-e", "-f", home("config")]),
      outputPath: home("log"))
    let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
    let answers = await eventually {
      (try? await StreamConnection.connect(address, deadline: .seconds(1))) != nil
    }
    try #require(answers, "sshd does not listen: \((try? Files.readText(home("log"))) ?? "")")
  }

  func stop() async {
    try? Processes.signal(process, 15)
    _ = await Processes.waitForExit(process, deadline: .seconds(5))
  }

  func client(_ host: String = "mac-a", key: String = "client", port: UInt16? = nil) throws
    -> SSHHostClient
  {
    SSHHostClient(
      host: HostName(host),
      destination: "ssh://\(HostFacts.userName)@127.0.0.1:\(port ?? self.port)",
      socket: "/nowhere", version: "1.0",
      settings: .init(
        program: try requireTool("ssh"), identityFile: home(key), knownHostsFile: home("known")))
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
    _ body: @Sendable (Sshd) async throws -> Void
  ) async throws {
    let home = try TemporaryDirectory()
    let sshd = try await Sshd(forcing: try command(home), in: home)
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
  private func withAgent(_ body: @Sendable (Sshd) async throws -> Void) async throws {
    try await with(command: { Self.bridge($0("agent.sock")) }) { sshd in
      let listener = try SocketListener.listen(.unix(path: sshd.home("agent.sock")))
      defer { listener.close() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await AgentServer(node: host, version: "1.0").serve(listener.connections) }
        defer { group.cancelAll() }
        try await body(sshd)
      }
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
}
