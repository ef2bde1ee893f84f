import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice plan TAG`: says what a promotion would change, what blocks it, and how long it takes.
enum PlanCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "plan", abstract: "Say what a promotion to a release would do; change nothing.",
      discussion:
        "Reads the fleet. Prints the changes on each host and at the balancer, the blockers, the "
        + "duration and the plan's digest. sluice promote DIGEST runs exactly this plan.\n\n"
        + "With --try-build the canary's host starts the new OpenClaw build on a copy of its state, "
        + "without channels, and removes the copy. The running gateway is not touched. A build that "
        + "fails there blocks the plan.",
      group: "Move",
      arguments: [ArgumentSpec("TAG", help: "the release's git tag")],
      options: [
        Options.ticket, Options.actor,
        OptionSpec(
          "try-build",
          help: "try the release's OpenClaw build on a copy of the canary's state first"),
      ],
      examples: [
        Example("sluice plan v1.4.2 --ticket OPS-311", "say what a promotion to v1.4.2 would do"),
        Example("sluice plan v1.5.0 --try-build", "try its OpenClaw build on a copy, too"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the fleet is on that release already"),
        (ExitCode.changesPending.rawValue, "the plan can run"),
        (ExitCode.error.rawValue, "the plan has blockers"),
        (ExitCode.frozen.rawValue, "another promotion is under way"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let tag = command.argument("TAG") ?? ""
    let reading = try await Planner(try FleetServices(fleet))
      .read(
        tag: tag, ticket: command.value("ticket") ?? "",
        trying: command.flag("try-build")
          ? .asked(by: command.actor) : .asFleetRequires(by: command.actor))
    try PlanStore(fleet.writer).keep(reading)
    let figures = PlanFigures(reading, fleet: fleet, ticket: command.value("ticket") ?? "")
    try terminal.show(
      PlanView(figures).lines(width: terminal.width, style: terminal.style),
      json: try figures.json())
    return ExitCode(figures.outlook)
  }
}

extension ExitCode {
  /// Of a plan that was read.
  init(_ outlook: PlanOutlook) {
    switch outlook {
    case .busy: self = .frozen
    case .isThereAlready: self = .done
    case .runnable: self = .changesPending
    case .blocked: self = .error
    }
  }
}
