import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

extension Terminal {
  /// A plan without its approval waits for a person.
  fileprivate func wait(for document: PlanDocument, _ fault: String) -> ExitCode {
    complain(
      "plan \(document.digest.short) waits for a person: \(fault)",
      remedy: ControllerClient.approving(document))
    return .waitingForHuman
  }
}

/// `sluice promote PLAN`: runs exactly that plan.
enum PromoteCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "promote",
      abstract: "Run a plan: move the fleet step by step, and roll back where a gate refuses.",
      discussion:
        "The command starts a controller, which runs the promotion, and shows what the controller "
        + "does. The promotion continues when you close the terminal or type Ctrl-C. Show it again: "
        + "sluice status --watch.\n\n"
        + "With a tag instead of a digest the command makes the plan first, and runs the plan if it "
        + "has no blocker.",
      group: "Move",
      arguments: [
        ArgumentSpec("PLAN", help: "the digest that sluice plan printed, or a release's tag")
      ],
      options: [Options.ticket, Options.actor, Options.detach],
      examples: [
        Example("sluice promote 7f3a91c2", "run exactly the plan with this digest"),
        Example("sluice promote v1.4.2 --ticket OPS-311", "make a plan and run it at once"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "completed"),
        (ExitCode.error.rawValue, "refused: nothing moved"),
        (ExitCode.rolledBack.rawValue, ExitCode.rolledBack.meaning),
        (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
        (ExitCode.waitingForHuman.rawValue, "the plan needs an approval: sluice approve PLAN"),
        (ExitCode.frozen.rawValue, "another promotion is under way"),
        (ExitCode.interrupted.rawValue, "Ctrl-C: the promotion continues"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let document: PlanDocument
    switch try await read(command, fleet, terminal) {
    case .success(let found): document = found
    case .failure(let stop): return stop.code
    }
    let ticket = command.value("ticket") ?? document.ticket
    return try await terminal.untilInterrupted(fleet) {
      let begun: ControllerClient.Begun
      switch try await command.steering(fleet)
        .promote(document, actor: command.actor, ticket: ticket)
      {
      case .begun(let found): begun = found
      case .waitsForPerson(let fault): return terminal.wait(for: document, fault)
      }
      if command.flag("detach") {
        terminal.tell(
          "Promotion \(begun.id) has begun.  Follow it:  sluice status --watch", begun.id, "promote"
        )
        return .done
      }
      return try await PromotionShow(fleet, terminal).follow(begun.id)
    }
  }

  /// By a plan's digest, or by reading the fleet now.
  private static func read(
    _ command: ParsedCommand, _ fleet: Fleet, _ terminal: Terminal
  ) async throws -> Result<PlanDocument, Stop> {
    let name = command.argument("PLAN") ?? ""
    if PlanStore.isDigest(name) { return .success(try PlanStore(fleet.writer).find(name)) }
    let reading = try await Planner(try FleetServices(fleet))
      .read(
        tag: name, ticket: command.value("ticket") ?? "",
        trying: .asFleetRequires(by: command.actor))
    if reading.outlook == .runnable, let document = reading.document { return .success(document) }
    let figures = PlanFigures(reading, fleet: fleet, ticket: command.value("ticket") ?? "")
    try terminal.show(
      PlanView(figures).lines(width: terminal.width, style: terminal.style),
      json: try figures.json())
    return .failure(Stop(code: ExitCode(figures.outlook)))
  }

  /// The plan leaves nothing to run.
  private struct Stop: Error { let code: ExitCode }
}
