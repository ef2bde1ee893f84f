import SluiceCore
import SluicePorts
import SluiceSystem

/// A host's shell over ssh. A script without input is the shell's own input, so that every login
/// shell will do; a script with input is an argument.
public struct SSHShell: HostShell {
  let host: HostName
  let destination: String
  let settings: SSHSettings
  private static let outputLimit = 1 << 20

  public init(host: HostName, destination: String, settings: SSHSettings) {
    self.host = host
    self.destination = destination
    self.settings = settings
  }

  public func run(
    _ script: ShellScript, deadline: Duration
  ) async throws(PortError) -> ShellAnswer {
    guard !destination.isEmpty, !destination.hasPrefix("-") else {
      throw PortError(
        .refused, "\"\(destination)\" is no ssh destination",
        remedy: "Write user@host for \(host) in sluice.yaml.")
    }
    let command: String
    if script.input == nil {
      command = "/bin/sh -s"
    } else {
      command = "/bin/sh -c \(SSHSettings.quoted(script.text))"
    }
    let outcome = try await Self.outcome(
      ProcessCommand(
        settings.program, settings.options(host: host) + ["--", destination, command],
        environment: settings.environment, input: script.input ?? Array(script.text.utf8),
        deadline: deadline, outputLimit: Self.outputLimit))
    let trouble = SSHTrouble(
      host: host, destination: destination, errors: outcome.errorText, trust: settings.trust)
    if outcome.timedOut {
      throw PortError(
        trouble.neverConnected ? .unreachable : .unknown,
        "\(host) (ssh \(destination)) did not answer within \(deadline)",
        remedy: "Is the host awake? Try by hand:  ssh \(destination)")
    }
    guard case .exited(let code) = outcome.termination, code != SSHTrouble.exitCode else {
      throw trouble.error
        ?? PortError(
          .unknown, "\(host) (ssh \(destination)): \(trouble.words ?? "the connection ended")",
          remedy: "Try by hand:  ssh \(destination)")
    }
    return ShellAnswer(
      exitCode: code, output: outcome.standardOutput, errors: outcome.errorText)
  }

  static func outcome(_ command: ProcessCommand) async throws(PortError) -> ProcessOutcome {
    do throws(SystemError) { return try await Processes.run(command) } catch {
      throw PortError(.unreachable, "\(command.executable) does not start: \(error)")
    }
  }
}

/// The shell of this machine, for a host without ssh.
public struct LocalShell: HostShell {
  private static let outputLimit = 1 << 20
  private let environment: [String: String]

  /// - Parameter environment: the whole environment of the scripts.
  public init(environment: [String: String]) { self.environment = environment }

  public func run(
    _ script: ShellScript, deadline: Duration
  ) async throws(PortError) -> ShellAnswer {
    let outcome = try await SSHShell.outcome(
      ProcessCommand(
        "/bin/sh", script.input == nil ? ["-s"] : ["-c", script.text], environment: environment,
        input: script.input ?? Array(script.text.utf8), deadline: deadline,
        outputLimit: Self.outputLimit))
    guard !outcome.timedOut, case .exited(let code) = outcome.termination else {
      throw PortError(.unknown, "a script on this machine did not end within \(deadline)")
    }
    return ShellAnswer(
      exitCode: code, output: outcome.standardOutput, errors: outcome.errorText)
  }
}
