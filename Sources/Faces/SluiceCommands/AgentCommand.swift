import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem

/// `sluice agent`: Sluice's process on every gateway host.
enum AgentCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "agent", abstract: "Run on a gateway host: serve the merged probe, and obey the writer.",
      discussion:
        "Runs in the foreground until SIGTERM, as a service of launchd or systemd. Answers "
        + "/readyz, /livez and /metrics at the host's probe address. Answers the writer at a private "
        + "socket.",
      group: "Processes",
      options: [
        OptionSpec(
          "host", valueName: "NAME",
          help: "this host's name in sluice.yaml (default: the machine's name)"),
        OptionSpec(
          "log", valueName: "FILE",
          help: "rotate this file, to which the service appends the agent's messages",
          completion: .file),
        OptionSpec(
          "service",
          help: "do not serve, but print the agent's service definition for this machine"),
        OptionSpec(
          "reset-epoch",
          help: "do not serve, but forget the highest epoch that this host has seen, and its "
            + "operation records; for a host whose epoch came from no ledger, while no promotion is "
            + "under way"),
      ],
      examples: [
        Example("sluice agent --host mac-a", "run as the agent of mac-a"),
        Example(
          "sluice agent --host mac-a --service", "print its property list or unit, to be installed"),
        Example(
          "sluice agent --host mac-a --reset-epoch", "let mac-a obey the ledger's writer again"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let name = HostName(command.value("host") ?? shortHostName)
    if command.flag("reset-epoch") {
      let forgotten = try await HostServices.forgetWriters(name, of: fleet)
      terminal.message(
        "\(name) had seen epoch \(forgotten.epoch) and performed \(forgotten.operations) operations; "
          + "the host has forgotten both. The next writer's epoch counts.\n")
      return .done
    }
    if command.flag("service") {
      let service = try HostServices.agentService(
        name, of: fleet, fleetPath: command.fleetPath(), user: HostFacts.userName)
      terminal.show(
        [service.text],
        json: ["schema": "sluice.agent-service/1", "text": .string(service.text)])
      return .done
    }
    try await HostServices.runAgent(name, of: fleet, log: command.value("log")) {
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
        "The forced command of the writer's key in authorized_keys on a gateway host. The command "
        + "does not interpret the bytes, and can do nothing else.",
      group: "Processes",
      options: [
        OptionSpec("stdio", help: "carry standard input and output"),
        OptionSpec(
          "authorized-key", valueName: "FILE",
          help:
            "carry nothing, but print the line of authorized_keys that lets this public key run "
            + "this command and nothing else",
          completion: .file),
        OptionSpec(
          "socket", valueName: "PATH", help: "the agent's socket", isRequired: true,
          completion: .file),
      ],
      examples: [
        Example(
          "sluice node --stdio --socket /var/db/openclaw/sluice/agent.sock", "run as sshd does"),
        Example(
          "sluice node --authorized-key writer.pub --socket /var/db/openclaw/sluice/agent.sock",
          "print the line for ~/.ssh/authorized_keys of the agent's account"),
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
