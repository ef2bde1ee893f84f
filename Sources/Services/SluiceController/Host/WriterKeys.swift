import SluiceCore
import SluiceInstall
import SluicePorts
import SluiceSystem

/// The writer's own key pair, and its record of the hosts' keys.
struct WriterKeys {
  private let writer: WriterSpec
  private static let deadline = Duration.seconds(20)
  private static let limit = 1 << 20

  init(_ writer: WriterSpec) { self.writer = writer }

  private var knownHosts: String { "\(writer.state)/known_hosts" }

  /// The private key; the same name with `.pub` is the public one.
  ///
  /// - Throws: `.refused` when `sluice.yaml` names no key.
  func identity() throws(PortError) -> String {
    if let identity = writer.identity { return identity }
    throw PortError(
      .refused, "sluice.yaml names no key for the writer",
      remedy:
        "Add  writer: {identity: \(writer.state)/writer_ed25519}  or  ssh_settings: operator  "
        + "for the hosts; then type the command again.")
  }

  var hasIdentity: Bool {
    guard let identity = writer.identity else { return false }
    return Self.exists(identity) && Self.exists(identity + ".pub")
  }

  /// Makes the key pair without a passphrase: the controller uses the key while nobody is there.
  func makeIdentity() async throws(PortError) {
    let identity = try identity()
    guard !Self.exists(identity) else {
      throw PortError(
        .refused, "\(identity) is there, and \(identity).pub is not",
        remedy: "Write the public key again:  ssh-keygen -y -f \(identity) > \(identity).pub")
    }
    do throws(SystemError) {
      try Files.makePrivateDirectory("/" + identity.pathParts.dropLast().joined(separator: "/"))
    } catch { throw PortError(.failed, "\(error)", remedy: error.ownRemedy) }
    _ = try await Self.run(
      "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "sluice-writer", "-f", identity])
  }

  /// The recorded keys of a host.
  func recorded(for host: HostName) throws(PortError) -> [HostKey] {
    HostKey.recorded(for: host, in: try text())
  }

  func record(_ key: HostKey, for host: HostName) throws(PortError) {
    try write(try text() + key.line(for: host) + "\n")
  }

  func forget(_ host: HostName) throws(PortError) {
    let text = try text()
    let left = HostKey.removing(host, from: text)
    if left != text { try write(left) }
  }

  /// The key that answers at the host now. Only a person can tell whether the key is the host's own.
  func scan(_ destination: String, of host: HostName) async throws(PortError) -> HostKey {
    guard let place = SSHDestination(destination) else {
      throw PortError(
        .refused, "\"\(destination)\" of \(host) is neither user@host nor ssh://user@host:port",
        remedy: "Write it so, or  ssh_settings: operator  for your own ssh configuration.")
    }
    let outcome = try await Self.run(
      "ssh-keyscan", ["-T", "5", "-p", "\(place.port)", "--", place.host])
    if let key = HostKey.scanned(outcome) { return key }
    throw PortError(
      .unreachable, "\(host) shows no host key at \(place.host) port \(place.port)",
      remedy: "Is the host awake, and is ssh allowed there?")
  }

  private func text() throws(PortError) -> String {
    guard Self.exists(knownHosts) else { return "" }
    do throws(SystemError) { return try Files.readText(knownHosts, limit: Self.limit) } catch {
      throw PortError(.failed, "the record of host keys cannot be read: \(error)")
    }
  }

  private func write(_ text: String) throws(PortError) {
    do throws(SystemError) {
      try Files.makePrivateDirectory(writer.state)
      try Files.replace(knownHosts, with: Array(text.utf8), mode: 0o600)
    } catch {
      throw PortError(
        .failed, "the host key cannot be recorded: \(error)",
        remedy: error.ownRemedy
          ?? "Make \(writer.state), and give it to the account that runs sluice.")
    }
  }

  private static func exists(_ path: String) -> Bool {
    ((try? Files.status(of: path)) ?? nil) != nil
  }

  private static func run(
    _ program: String, _ arguments: [String]
  ) async throws(PortError) -> String {
    guard let path = Processes.find(program) else {
      throw PortError(
        .failed, "\(program) is not on the search path", remedy: "Install an OpenSSH client.")
    }
    let outcome: ProcessOutcome
    do throws(SystemError) {
      outcome = try await Processes.run(
        ProcessCommand(path, arguments, environment: ["LC_ALL": "C"], deadline: deadline))
    } catch { throw PortError(.failed, "\(program) does not start: \(error)") }
    guard outcome.succeeded else {
      let words = outcome.errorText.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
      throw PortError(.failed, "\(program) failed: \(Speech.text(words))")
    }
    return outcome.outputText
  }
}
