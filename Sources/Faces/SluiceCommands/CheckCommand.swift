import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice check`: asks every host every question, and prints the answers.
enum CheckCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "check", abstract: "Ask every host everything that Sluice will need; change nothing.",
      discussion:
        "Shows OpenClaw's build and dialect on each host, and every fault with its remedy. A host "
        + "with a fault is shown with all its answers, with --all every host. Sends one request as "
        + "the balancer does. Reads links, slices, checkout, fragments and disk. Takes up to a "
        + "minute for each host, because Doctor is slow.",
      group: "Begin",
      arguments: [
        ArgumentSpec("HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      options: [
        OptionSpec("all", help: "show every answer of every host"),
        OptionSpec(
          "diff", help: "show where hosts differ from the release of most gateways, path by path"),
      ],
      examples: [
        Example("sluice check", "ask all hosts, before the first plan"),
        Example("sluice check --diff", "show which files, links and processes differ"),
        Example("sluice check mac-a --json", "ask one host, and print its answers as JSON"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "everything that Sluice needs works"),
        (
          ExitCode.error.rawValue,
          "something does not work, a host does not answer, or with --diff: hosts differ"
        ),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let check = await FleetCheck.take(try FleetServices(fleet), hosts: wanted)
    let diff = command.flag("diff") ? check.diff : nil
    let compared =
      diff.map {
        [""] + FleetDiffView($0).lines(width: terminal.width, style: terminal.style)
      } ?? []
    try terminal.show(
      CheckView(check, fleet: fleet, showsAll: command.flag("all"))
        .lines(width: terminal.width, style: terminal.style) + compared,
      json: try check.json(of: fleet))
    return check.isWell && diff?.differences.isEmpty ?? true ? .done : .error
  }
}

extension ParsedCommand {
  /// The hosts that the operator named. The fleet must know each of them.
  func hosts(of fleet: Fleet) throws(PortError) -> [HostName] {
    let wanted = arguments("HOST").map { HostName($0) }
    for host in wanted where fleet.host(host) == nil {
      throw PortError(
        .refused, "sluice.yaml names no host \(host)",
        remedy: "It names: " + fleet.hosts.map(\.name.rawValue).joined(separator: ", "))
    }
    return wanted
  }
}
