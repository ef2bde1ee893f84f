import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem

/// `sluice agent`: what runs on every gateway.
enum AgentCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "agent", abstract: "Serve a gateway host: its merged probe, and what the writer may ask.",
      discussion:
        "Runs in the foreground until SIGTERM, as a service of launchd or systemd. Answers "
        + "/readyz, /livez and /metrics at the host's probe address, and the writer at its private "
        + "socket.",
      group: "Processes",
      options: [
        OptionSpec(
          "host", valueName: "NAME",
          help: "which host of sluice.yaml this is (default: this machine's name)"),
        OptionSpec(
          "reset-epoch",
          help: "instead of serving: forget which writers this host has seen, and what it did for "
            + "them; for a host whose epoch came from no ledger, while no promotion is under way"),
      ],
      examples: [
        Example("sluice agent --host mac-a", "serve mac-a"),
        Example("sluice agent --host mac-a --reset-epoch", "let the ledger's writer lead it again"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let name = HostName(command.value("host") ?? shortHostName)
    if command.flag("reset-epoch") {
      let forgotten = try await HostServices.forgetWriters(name, of: fleet)
      terminal.message(
        "\(name) had seen epoch \(forgotten.epoch) and performed \(forgotten.operations) operations; "
          + "both are forgotten. The next writer's epoch counts.\n")
      return .done
    }
    try await HostServices.runAgent(name, of: fleet) {
      terminal.message("sluice agent of \(name) is ready.\n")
    }
    return .done
  }

  /// Without the domain, in lower case, as sluice.yaml names hosts.
  private static var shortHostName: String {
    String(HostFacts.hostName.prefix { $0 != "." }).lowercased()
  }
}

/// `sluice node`: the forced command of the writer's key.
enum NodeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "node", abstract: "Carry bytes between an ssh session and the agent's socket.",
      discussion:
        "The forced command of the writer's key in authorized_keys on a gateway. It reads nothing "
        + "into the bytes, and can do nothing else.",
      group: "Processes",
      options: [
        OptionSpec("stdio", help: "over standard input and output"),
        OptionSpec(
          "authorized-key", valueName: "FILE",
          help:
            "instead: print the line for authorized_keys that lets this public key do that alone",
          completion: .file),
        OptionSpec(
          "socket", valueName: "PATH", help: "the agent's socket", isRequired: true,
          completion: .file),
      ],
      examples: [
        Example(
          "sluice node --stdio --socket /var/db/openclaw/sluice/agent.sock", "as sshd runs it"),
        Example(
          "sluice node --authorized-key writer.pub --socket /var/db/openclaw/sluice/agent.sock",
          "the line for ~/.ssh/authorized_keys of the agent's user"),
      ])
  ) { command, terminal in
    if let file = command.value("authorized-key") {
      let line = try HostServices.authorizedKey(
        keyFile: file, program: HostFacts.executablePath(), socket: command.value("socket") ?? "")
      terminal.data(line + "\n")
      return .done
    }
    try await HostServices.bridge(socket: command.value("socket") ?? "")
    return .done
  }
}
