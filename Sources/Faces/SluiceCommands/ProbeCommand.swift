import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice probe`: the merged probe of each host, as its agent has it.
enum ProbeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "probe", abstract: "Show the merged probe of every gateway host.",
      discussion:
        "The probe ignores Doctor's accepted findings. sluice accept shows the new ones, and "
        + "accepts them.",
      group: "Watch",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      examples: [
        Example("sluice probe", "ask all hosts"),
        Example("sluice probe mac-a", "ask one host"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "every probe is ok or degraded"),
        (ExitCode.error.rawValue, "a probe is fail, or a host does not answer"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let services = try FleetServices(fleet)
    let clients = services.hosts.filter { wanted.isEmpty || wanted.contains($0.key) }
    let answers = await FleetAnswers.take(clients, deadline: .seconds(10))
    try terminal.show(
      ProbeView(answers).lines(width: terminal.width, style: terminal.style),
      json: try answers.json())
    return answers.isWell ? .done : .error
  }
}

/// Probes side by side, by the hosts' names.
struct ProbeView {
  let answers: FleetAnswers

  init(_ answers: FleetAnswers) { self.answers = answers }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    answers.hosts.sorted { $0.key < $1.key }.flatMap { host, answer in
      HostView(HostStatus(host, arm: nil, answer: answer)).tree.lines(width: width, style: style)
    }
  }
}
