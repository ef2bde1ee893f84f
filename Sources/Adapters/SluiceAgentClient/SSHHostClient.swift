import SluiceCore
import SluicePorts
import SluiceSystem

/// A host reached by `ssh`, where a forced command, `sluice node --stdio --socket PATH`, carries
/// bytes between its standard streams and the agent's socket.
///
/// One connection an operation, without a ControlMaster: a shared one dies with all that runs over
/// it, and operations are rare enough to pay the tenth of a second.
public struct SSHHostClient: AgentTransport {
  /// The settings that all hosts share.
  public struct Settings: Sendable, Hashable {
    /// The program, absolute.
    public var program: String
    /// The private key; nil: the user's own default ones.
    public var identityFile: String?
    /// Host keys by host name of the fleet, as `HostKeyAlias` looks them up.
    public var knownHostsFile: String
    public var connectSeconds: Int

    public init(
      program: String = "/usr/bin/ssh", identityFile: String?, knownHostsFile: String,
      connectSeconds: Int = 5
    ) {
      self.program = program
      self.identityFile = identityFile
      self.knownHostsFile = knownHostsFile
      self.connectSeconds = connectSeconds
    }
  }

  public let host: HostName
  let destination: String
  let socket: String
  let version: String
  let settings: Settings

  /// - Parameters:
  ///   - destination: `user@host` or `ssh://user@host:port`.
  ///   - socket: the agent's socket there, for a host without a forced command.
  ///   - version: this program's own version of Sluice, sent to the agent.
  public init(
    host: HostName, destination: String, socket: String, version: String, settings: Settings
  ) {
    self.host = host
    self.destination = destination
    self.socket = socket
    self.version = version
    self.settings = settings
  }

  func reply(
    to request: AgentRequest, _ deadline: Duration
  ) async throws(PortError) -> [UInt8] {
    guard !destination.isEmpty, !destination.hasPrefix("-") else {
      throw PortError(
        .refused, "\"\(destination)\" is no ssh destination",
        remedy: "Write user@host for \(host) in sluice.yaml.")
    }
    let command = ProcessCommand(
      settings.program, arguments, environment: ["LC_ALL": "C"], input: try request.frame(),
      deadline: deadline, outputLimit: 2 * (AgentFrame.limit + AgentFrame.headerCount))
    let outcome: ProcessOutcome
    do throws(SystemError) { outcome = try await Processes.run(command) } catch {
      throw PortError(
        .unreachable, "\(settings.program) does not start: \(error)",
        remedy: "Install OpenSSH's client.")
    }
    let answer = SSHAnswer(
      place: place, deadline: deadline, termination: outcome.termination,
      timedOut: outcome.timedOut, output: outcome.standardOutput, errors: outcome.errorText)
    return try answer.payload(to: request)
  }

  var place: String { "\(host) (ssh \(destination))" }

  /// Nothing of the user's configuration, no agent, no questions, no forwarding, no new host keys.
  var arguments: [String] {
    var options = [
      "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=yes",
      "UserKnownHostsFile=\(settings.knownHostsFile)", "GlobalKnownHostsFile=/dev/null",
      "HostKeyAlias=\(host)", "UpdateHostKeys=no", "ConnectTimeout=\(settings.connectSeconds)",
      "ServerAliveInterval=5", "ServerAliveCountMax=2", "ClearAllForwardings=yes",
      "PermitLocalCommand=no", "ControlMaster=no", "ControlPath=none", "LogLevel=ERROR",
    ]
    if let identity = settings.identityFile { options.append("IdentityFile=\(identity)") }
    return ["-F", "none", "-T", "-e", "none"] + options.flatMap { ["-o", $0] }
      + ["--", destination, "sluice node --stdio --socket \(Self.quoted(socket))"]
  }

  /// For the shell at the other end; a forced command ignores it all.
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}

/// The meaning of one run of ssh. The agent's hello proves that ssh reached the agent. Without a
/// hello, only ssh's own messages from before its connection, or the exit code of the remote
/// command, prove that the agent was asked nothing.
struct SSHAnswer {
  let place: String
  let deadline: Duration
  let termination: ProcessOutcome.Termination
  let timedOut: Bool
  /// What the other end wrote, and what it or ssh said.
  let output: [UInt8]
  let errors: String

  /// ssh's own exit code: it did not connect, or the connection broke; also a remote death by
  /// signal.
  private static let sshFailed: Int32 = 255

  /// The payload of the agent's reply.
  func payload(to request: AgentRequest) throws(PortError) -> [UInt8] {
    var rest = output[...]
    let greeting: [UInt8]
    do throws(AgentFrame.Fault) { greeting = try AgentFrame.take(from: &rest) } catch {
      throw withoutHello(error)
    }
    guard let hello = AgentHello.read(greeting) else { throw foreign(greeting) }
    // The request went out with the connection, but an agent that refuses does nothing.
    if let refusal = hello.refusal(host: request.host, sluice: request.sluice, at: place) {
      throw refusal
    }
    do throws(AgentFrame.Fault) { return try AgentFrame.take(from: &rest) } catch {
      throw PortError(
        .unknown, "\(place) was asked, but \(why)", remedy: request.remedyOfSilence)
    }
  }

  private func withoutHello(_ fault: AgentFrame.Fault) -> PortError {
    if case .foreign(let bytes) = fault { return foreign(bytes) }
    if timedOut || termination == .exited(Self.sshFailed), !neverConnected {
      return PortError(
        .unknown, "\(place): \(why)", remedy: "Try  ssh  there by hand, then ask again.")
    }
    if termination == .exited(127) || termination == .exited(126) {
      return PortError(
        .unreachable, "\(place) has no program sluice: \(why)",
        remedy: "Install Sluice there, or name it with its path in authorized_keys.")
    }
    return PortError(.unreachable, "\(place): \(why)")
  }

  private func foreign(_ bytes: [UInt8]) -> PortError {
    let text = String(decoding: bytes.prefix(80), as: UTF8.self)
    let shown = text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "·" : String($0) }
    return PortError(
      .unreachable, "what answers at \(place) is not Sluice: \"\(shown.joined())\"",
      remedy: "Give its key the forced command  sluice node --stdio  in authorized_keys, and let "
        + "no shell start-up file write there.")
  }

  /// The last line of ssh or of the other end, or ssh's exit code.
  private var why: String {
    if timedOut { return "no answer within \(deadline)" }
    let lines = errors.split(whereSeparator: \.isNewline).map(Self.trimmed).filter { !$0.isEmpty }
    if !lines.isEmpty { return String(lines.suffix(3).joined(separator: "; ").prefix(400)) }
    switch termination {
    case .exited(let code): return "ssh ended with exit code \(code) and without a word"
    case .signalled(let number): return "ssh was ended by signal \(number)"
    }
  }

  private static func trimmed(_ line: Substring) -> Substring {
    line.drop(while: \.isWhitespace)
  }

  /// OpenSSH prints these messages only before a session exists.
  private var neverConnected: Bool {
    let prefixes = [
      "ssh: connect to host", "ssh: Could not resolve hostname", "Host key verification failed",
      "kex_exchange_identification:", "Connection timed out during banner exchange",
      "Unable to negotiate with", "Bad owner or permissions", "Load key ",
    ]
    return errors.split(whereSeparator: \.isNewline).contains { line in
      prefixes.contains { line.hasPrefix($0) } || line.contains(": Permission denied (")
    }
  }
}
