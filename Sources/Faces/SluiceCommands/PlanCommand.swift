import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice plan TAG`: what a promotion would change, what blocks it, how long it takes.
enum PlanCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "plan", abstract: "Read the fleet and say what a promotion would do; change nothing.",
      discussion:
        "Prints what would change on each host and at the balancer, what stands in the way, how "
        + "long it takes, and the plan's digest, by which promote runs exactly this plan.",
      group: "Move",
      arguments: [ArgumentSpec("TAG", help: "the release's git tag")],
      options: [Options.ticket],
      examples: [
        Example("sluice plan v1.4.2 --ticket OPS-311", "what moving to v1.4.2 would take")
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the fleet is on that release already"),
        (ExitCode.changesPending.rawValue, "there is something to do, and nothing in the way"),
        (ExitCode.error.rawValue, "something stands in the way"),
        (ExitCode.frozen.rawValue, "another promotion is under way"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let tag = command.argument("TAG") ?? ""
    let reading = try await Planner(try FleetServices(fleet))
      .read(tag: tag, ticket: command.value("ticket") ?? "")
    try PlanStore(fleet.writer).keep(reading)
    let figures = PlanFigures(reading, fleet: fleet, ticket: command.value("ticket") ?? "")
    try terminal.show(PlanView(figures).lines(style: terminal.style), json: try figures.json())
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
