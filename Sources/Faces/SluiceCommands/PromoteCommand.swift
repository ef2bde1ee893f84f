import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

extension Terminal {
  /// A plan that nobody has approved waits for a person.
  fileprivate func wait(for document: PlanDocument, _ fault: String) -> ExitCode {
    message(
      "sluice: plan \(document.digest.short) waits for a person: \(Style.escaped(fault))\n"
        + "        \(ControllerClient.approving(document))\n")
    return .waitingForHuman
  }
}

/// `sluice promote PLAN`: runs exactly the plan that was read.
enum PromoteCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "promote", abstract: "Run a plan: move the fleet, step by step, and back if it must be.",
      discussion:
        "A controller of its own moves it; this command only shows what it does. Close the "
        + "terminal, or type Ctrl-C, and it goes on: sluice status --watch picks it up again.\n\n"
        + "With a tag instead of a plan's digest the fleet is read first, and moved if nothing "
        + "stands in the way.",
      group: "Move",
      arguments: [ArgumentSpec("PLAN", help: "the digest that plan printed, or a release's tag")],
      options: [Options.ticket, Options.actor, Options.detach],
      examples: [
        Example("sluice promote 7f3a91c2", "run the plan that was read"),
        Example("sluice promote v1.4.2 --ticket OPS-311", "read and run in one go"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "completed, and verified"),
        (ExitCode.error.rawValue, "refused: nothing was moved"),
        (ExitCode.rolledBack.rawValue, ExitCode.rolledBack.meaning),
        (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
        (ExitCode.waitingForHuman.rawValue, "it needs an approval: sluice approve PLAN"),
        (ExitCode.frozen.rawValue, "another promotion is under way"),
        (ExitCode.interrupted.rawValue, "Ctrl-C: the promotion goes on without this command"),
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
        terminal.tell("\(begun.id) has begun.  See it:  sluice status --watch", begun.id, "promote")
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
      .read(tag: name, ticket: command.value("ticket") ?? "")
    if reading.outlook == .runnable, let document = reading.document { return .success(document) }
    let figures = PlanFigures(reading, fleet: fleet, ticket: command.value("ticket") ?? "")
    try terminal.show(
      PlanView(figures).lines(style: terminal.style), json: try figures.json())
    return .failure(Stop(code: ExitCode(figures.outlook)))
  }

  /// What was read says that there is nothing to run.
  private struct Stop: Error { let code: ExitCode }
}
