import SluiceArguments
import SluiceController
import SluiceCore
import SluiceInstall
import SluicePorts
import SluiceSystem

/// `sluice hosts`: brings Sluice to the hosts, moves it to this version, and takes it away.
enum HostsCommand {
  private static let hosts = ArgumentSpec(
    "HOST", help: "only these hosts (default: all)", isRequired: false, isRepeatable: true)

  private static let options = [
    OptionSpec("dry-run", help: "only print the steps"),
    OptionSpec(
      "service", valueName: "SCOPE",
      help: "whose service the agent is: the system's, which root installs, or the account's own",
      defaultValue: AgentUnit.Scope.system.rawValue,
      choices: AgentUnit.Scope.allCases.map(\.rawValue)),
    OptionSpec(
      "program", valueName: "FILE",
      help: "the program to copy, for hosts of another kind than this machine", completion: .file),
  ]

  private static let fingerprint = OptionSpec(
    "accept-fingerprint", valueName: "SHA256:…",
    help: "record a host key with this fingerprint without a question", isRepeatable: true)

  static let verb = Verb(
    spec: CommandSpec(
      "hosts", abstract: "Install, upgrade and remove Sluice on the hosts.",
      discussion:
        "Works over your own ssh, with a key that opens a shell. Each step looks first and does "
        + "nothing twice. What needs root uses sudo -n, or prints the command for you to type.",
      group: "Begin",
      subcommands: [
        CommandSpec(
          "install", abstract: "Bring Sluice to the hosts, and start their agents.",
          discussion:
            "Records each host's key after you accepted its fingerprint, makes the writer's key, "
            + "copies program and sluice.yaml, lets the writer's key run sluice node and nothing "
            + "else, and installs the agent as a service.",
          arguments: [hosts], options: options + [fingerprint],
          examples: [
            Example("sluice hosts install --dry-run", "print every step"),
            Example("sluice hosts install mac-a", "install on one host"),
          ]),
        CommandSpec(
          "upgrade", abstract: "Move the agents to this version, one after another.",
          discussion: "Refused during a promotion. Stops at the first host whose agent does not "
            + "answer.",
          arguments: [hosts], options: options,
          examples: [Example("sluice hosts upgrade", "bring this version to every host")]),
        CommandSpec(
          "uninstall", abstract: "Stop the agents, and remove what install made.",
          discussion: "The agent's records stay on the host: they say which operations it did.",
          arguments: [hosts], options: options,
          examples: [Example("sluice hosts uninstall mac-c", "remove Sluice from one host")]),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let names = command.arguments("HOST")
    let chosen = fleet.hosts.filter { names.isEmpty || names.contains($0.name.rawValue) }
    if let stranger = names.first(where: { name in fleet.host(HostName(name)) == nil }) {
      throw command.usageError(
        "sluice.yaml names no host \(Style.escaped(stranger))",
        remedy: "It names: " + fleet.hosts.map(\.name.rawValue).joined(separator: ", "))
    }
    let purpose: InstallPlan.Purpose =
      switch command.path.last {
      case "upgrade": .upgrade
      case "uninstall": .uninstall
      default: .install
      }
    let installation = try await HostInstallation(
      fleet, fleetPath: command.fleetPath(), purpose: purpose,
      scope: AgentUnit.Scope(rawValue: command.value("service") ?? "") ?? .system,
      programPath: command.value("program"))
    return try await HostsRun(
      installation, purpose: purpose, isDry: command.flag("dry-run"),
      accepted: purpose == .install ? command.values("accept-fingerprint") : [], terminal
    ).perform(chosen)
  }
}
