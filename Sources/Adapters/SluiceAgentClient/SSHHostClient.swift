import SluiceCore
import SluicePorts
import SluiceSystem

/// A host reached by `ssh`, where a forced command, `sluice node --stdio --socket PATH`, carries
/// bytes between its standard streams and the agent's socket.
///
/// One connection an operation, without a ControlMaster: a shared one dies with all that runs over
/// it, and operations are rare enough to pay the tenth of a second.
public struct SSHHostClient: AgentTransport {
  public let host: HostName
  let destination: String
  let socket: String
  let version: String
  let settings: SSHSettings
  let versions: AgentVersions?

  /// - Parameters:
  ///   - destination: `user@host` or `ssh://user@host:port`; with the operator's settings also a name
  ///     of `~/.ssh/config`.
  ///   - socket: the agent's socket there, for a host without a forced command.
  ///   - version: this program's own version of Sluice, sent to the agent.
  ///   - versions: gets the agent's version.
  public init(
    host: HostName, destination: String, socket: String, version: String, settings: SSHSettings,
    versions: AgentVersions? = nil
  ) {
    self.versions = versions
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
      settings.program, arguments, environment: settings.environment, input: try request.frame(),
      deadline: deadline, outputLimit: 2 * (AgentFrame.limit + AgentFrame.headerCount))
    let outcome: ProcessOutcome
    do throws(SystemError) { outcome = try await Processes.run(command) } catch {
      throw PortError(
        .unreachable, "\(settings.program) does not start: \(error)",
        remedy: "Install OpenSSH's client.")
    }
    let answer = SSHAnswer(
      place: place, deadline: deadline, termination: outcome.termination,
      timedOut: outcome.timedOut, output: outcome.standardOutput,
      trouble: SSHTrouble(
        host: host, destination: destination, errors: outcome.errorText, trust: settings.trust),
      versions: versions)
    return try answer.payload(to: request)
  }

  var place: String { "\(host) (ssh \(destination))" }

  /// The search path of the last command has the places that a login shell may leave out; a forced
  /// command ignores it all.
  var arguments: [String] {
    let node = "exec sluice node --stdio --socket \(SSHSettings.quoted(socket))"
    let folders = "\(SSHSettings.folder(of: socket))/bin:/usr/local/bin:/opt/homebrew/bin"
    let script = "PATH=\"$PATH:\(folders)\"; export PATH; \(node)"
    return settings.options(host: host)
      + ["--", destination, "/bin/sh -c \(SSHSettings.quoted(script))"]
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
  /// The bytes that the other end wrote.
  let output: [UInt8]
  /// The error text of ssh or of the other end.
  let trouble: SSHTrouble
  /// Gets the version that the agent's greeting names.
  var versions: AgentVersions?

  /// The payload of the agent's reply.
  func payload(to request: AgentRequest) throws(PortError) -> [UInt8] {
    var rest = output[...]
    let greeting: [UInt8]
    AgentHello.skipNoise(before: &rest)
    do throws(AgentFrame.Fault) { greeting = try AgentFrame.take(from: &rest) } catch {
      throw withoutHello(error)
    }
    guard let hello = AgentHello.read(greeting) else { throw foreign(greeting) }
    versions?.hear(hello)
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
    if termination == .exited(127) || termination == .exited(126) {
      return PortError(
        .unreachable, "\(place) has no program sluice: \(why)",
        remedy: "Install it:  sluice hosts install   or name it with its path in authorized_keys.")
    }
    if case .foreign(let bytes) = fault { return foreign(bytes) }
    guard timedOut || termination == .exited(SSHTrouble.exitCode) else {
      return PortError(.unreachable, "\(place): \(why)")
    }
    if let error = trouble.error { return error }
    return PortError(
      .unknown, "\(place): \(why)", remedy: "Try  ssh  there by hand, then ask again.")
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
    if let words = trouble.words { return words }
    switch termination {
    case .exited(let code): return "ssh ended with exit code \(code) and without a word"
    case .signalled(let number): return "ssh was ended by signal \(number)"
    }
  }
}
