import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice probe`: the merged probe of each host, as its agent has it.
enum ProbeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "probe", abstract: "Ask every gateway's agent how it is.",
      discussion:
        "Doctor's findings are compared with those that were accepted; sluice accept shows the new "
        + "ones, and archives what is taken as good.",
      group: "Watch",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      examples: [
        Example("sluice probe", "all hosts"),
        Example("sluice probe mac-a", "one host"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "every host is ok or degraded"),
        (ExitCode.error.rawValue, "a host fails, or does not answer"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let services = try FleetServices(fleet)
    let links = services.links.filter { wanted.isEmpty || wanted.contains($0.key) }
    let look = await FleetLook.take(links, deadline: .seconds(10))
    try terminal.show(ProbeView(look).lines(style: terminal.style), json: try look.json())
    return look.isWell ? .done : .error
  }
}

/// Probes side by side, by the hosts' names.
struct ProbeView {
  let look: FleetLook

  init(_ look: FleetLook) { self.look = look }

  func lines(style: Style) -> [String] {
    look.answers.sorted { $0.key < $1.key }.flatMap { host, answer in
      HostView(HostStatus(host, arm: nil, answer: answer)).tree.lines(style: style)
    }
  }
}
