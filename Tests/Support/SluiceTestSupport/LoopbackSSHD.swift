import SluiceSystem

/// A real sshd on loopback with keys of its own: `host`, `client` and `stranger` in its directory. The
/// file `known` has the host's key.
public final class LoopbackSSHD: Sendable {
  public let home: TemporaryDirectory
  public let port: UInt16
  private let process: ProcessIdentity

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - host: the name of the host in the file `known`.
  ///   - options: further lines of sshd's configuration.
  ///   - authorized: the text of `authorized_keys` for the client's public key.
  public init(
    in home: TemporaryDirectory, host: String, options: [String] = [],
    authorized: (_ key: String) -> String
  ) async throws {
    self.home = home
    guard let port = try PortFinder.freeLoopbackPorts(1).first else {
      throw Failure(description: "there is no free port")
    }
    self.port = port
    for key in ["host", "client", "stranger"] {
      let outcome = try await Processes.run(
        ProcessCommand(
          try requireTool("ssh-keygen"),
          ["-q", "-t", "ed25519", "-N", "", "-C", key, "-f", home(key)]))
      guard outcome.succeeded else { throw Failure(description: outcome.errorText) }
    }
    let client = try Files.readText(home("client.pub"))
    try Self.write(authorized(client), to: home("authorized"))
    let key = try Files.readText(home("host.pub")).split(separator: " ").prefix(2)
    try Self.write("\(host) \(key.joined(separator: " "))\n", to: home("known"))
    let settings = [
      "ListenAddress 127.0.0.1:\(port)", "HostKey \(home("host"))",
      "AuthorizedKeysFile \(home("authorized"))", "PidFile none", "StrictModes no", "UsePAM no",
      "PasswordAuthentication no", "KbdInteractiveAuthentication no",
    ]
    // The first value of a setting counts.
    try Self.write((options + settings).map { $0 + "\n" }.joined(), to: home("config"))
    // Where Debian's sshd, run as root, shuts up its unprivileged half; gone after each boot.
    if HostFacts.userIdentifier == 0 { try Files.makeDirectory("/run/sshd") }
    process = try Processes.spawnDetached(
      ProcessCommand(try requireTool("sshd"), ["-D", "-e", "-f", home("config")]),
      outputPath: home("log"))
    let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
    let answers = await eventually {
      (try? await StreamConnection.connect(address, deadline: .seconds(1))) != nil
    }
    guard answers else {
      throw Failure(
        description: "sshd does not listen: \((try? Files.readText(home("log"))) ?? "")")
    }
  }

  public func stop() async {
    try? Processes.signal(process, 15)
    _ = await Processes.waitForExit(process, deadline: .seconds(5))
  }

  private static func write(_ text: String, to path: String) throws {
    try Files.create(path, with: Array(text.utf8), mode: 0o600)
  }
}
