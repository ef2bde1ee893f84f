import SluiceAgentClient
import SluiceCore
import SluiceInstall
import SluicePorts
import SluiceSystem

/// The shells of hosts, for the work before there is an agent.
public enum HostShells {
  private static let connectSeconds = 8
  /// The part of the operator's environment that ssh needs for the operator's own settings.
  private static let inherited = ["HOME", "PATH", "SSH_AUTH_SOCK", "USER"]
  private static let routeDeadline = Duration.seconds(10)
  private static let lookDeadline = Duration.seconds(40)

  static func settings(
    _ mode: SSHMode, of host: HostName, _ writer: WriterSpec
  ) throws(PortError) -> SSHSettings {
    let ssh = try program(for: host)
    switch mode {
    case .closed:
      // Sluice keeps its own known hosts: the operator's express the operator's trust.
      return SSHSettings(
        program: ssh,
        trust: .closed(
          identityFile: writer.identity, knownHostsFile: "\(writer.state)/known_hosts"))
    case .operators: return operators(ssh)
    }
  }

  /// A shell by the operator's own ssh; of this machine without a destination.
  public static func shell(
    of host: HostName, destination: String?
  ) throws(PortError) -> any HostShell {
    guard let destination else {
      return LocalShell(environment: HostFacts.environment(inherited))
    }
    return SSHShell(
      host: host, destination: destination, settings: operators(try program(for: host)))
  }

  /// The way to a destination, as the operator's ssh resolves it; nil where ssh does not say.
  public static func route(to destination: String) async -> SSHRoute? {
    guard let ssh = Processes.find("ssh"), !destination.hasPrefix("-") else { return nil }
    let command = ProcessCommand(
      ssh, ["-G", "--", destination], environment: HostFacts.environment(inherited),
      deadline: routeDeadline)
    guard let outcome = try? await Processes.run(command), outcome.succeeded else { return nil }
    return SSHRoute(outcome.outputText)
  }

  /// Looks at all hosts at once: a slow host does not delay another one's answer.
  ///
  /// - Parameter whenSeen: called as each host has answered.
  public static func look(
    at hosts: [InitHost], whenSeen: @escaping @Sendable (HostName, LookResult) -> Void
  ) async -> [HostName: LookResult] {
    await withTaskGroup(of: (HostName, LookResult).self) { group in
      for host in hosts {
        group.addTask { (host.name, await look(at: host)) }
      }
      var results: [HostName: LookResult] = [:]
      for await (name, result) in group {
        whenSeen(name, result)
        results[name] = result
      }
      return results
    }
  }

  private static func look(at host: InitHost) async -> LookResult {
    do throws(PortError) {
      let shell = try shell(of: host.name, destination: host.ssh)
      return FirstLookReader.read(
        try await shell.run(FirstLookScript.script, deadline: lookDeadline))
    } catch { return .unseen(error.heard.message) }
  }

  private static func program(for host: HostName) throws(PortError) -> String {
    if let ssh = Processes.find("ssh") { return ssh }
    throw PortError(
      .failed, "\(host) is reached by ssh, which is not on the search path",
      remedy: "Install an OpenSSH client.")
  }

  private static func operators(_ ssh: String) -> SSHSettings {
    SSHSettings(
      program: ssh, trust: .operators, connectSeconds: connectSeconds,
      environment: HostFacts.environment(inherited))
  }
}
