import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice drill`: moves the canary at share 0 and back, and measures the rollback.
enum DrillCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "drill", abstract: "Practise a rollback on the real fleet at share 0, and measure it.",
      discussion:
        "The canary loses its share and its pinned clients, swings to another release, and goes back "
        + "by the same rollback as after a bad release. The stable gateways keep serving and do not "
        + "swing. The ledger keeps the recovery time: from the start of the rollback until weights, "
        + "links and probes were read back equal to the last good state. sluice status shows the "
        + "last drill.",
      group: "Move",
      subcommands: [
        CommandSpec(
          "rollback", abstract: "Drill with the release to which sluice rollback would return.",
          options: options,
          examples: [
            Example("sluice drill rollback", "the canary goes one release back, and returns")
          ], exitCodes: exitCodes),
        CommandSpec(
          "canary", abstract: "Drill with a new release: its shadow and its proof, then back.",
          arguments: [ArgumentSpec("TAG", help: "the release's git tag")], options: options,
          examples: [
            Example("sluice drill canary v1.4.2", "try v1.4.2 on the canary, without a client")
          ], exitCodes: exitCodes),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let planner = Planner(try FleetServices(fleet))
    let ticket = command.value("ticket") ?? ""
    let reading =
      command.path.last == "canary"
      ? try await planner.read(
        tag: command.argument("TAG") ?? "", ticket: ticket, purpose: .drillCanary,
        trying: .asFleetRequires(by: command.actor))
      : try await planner.readForDrillOfRollback(ticket: ticket)
    guard reading.outlook == .runnable, let document = reading.document else {
      return try show(reading, fleet, ticket, terminal)
    }
    return try await terminal.untilInterrupted(fleet) {
      switch try await command.steering(fleet)
        .promote(document, actor: command.actor, ticket: ticket)
      {
      case .begun(let begun):
        guard command.flag("detach") else {
          return try await PromotionShow(fleet, terminal).follow(begun.id)
        }
        terminal.tell(
          "Drill \(begun.id) has begun.  Follow it:  sluice status --watch", begun.id, "drill")
        return .done
      case .waitsForPerson(let fault):
        let digest = document.digest.short
        terminal.complain(
          "drill \(digest) waits for a person: \(fault)",
          remedy: ControllerClient.approving(document) + "   Then:  sluice promote \(digest)")
        return .waitingForHuman
      }
    }
  }

  private static let options = [Options.ticket, Options.actor, Options.detach]

  private static let exitCodes: [(Int32, String)] = [
    (ExitCode.done.rawValue, "the canary went there and back; verified on every host"),
    (ExitCode.error.rawValue, "refused: nothing moved"),
    (ExitCode.rolledBack.rawValue, "the drill failed; rolled back, and verified"),
    (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
    (ExitCode.waitingForHuman.rawValue, "the plan needs an approval: sluice approve PLAN"),
    (ExitCode.frozen.rawValue, "another promotion is under way"),
    (ExitCode.interrupted.rawValue, "Ctrl-C: the drill continues"),
  ]

  /// Why there is nothing to run.
  private static func show(
    _ reading: PlanReading, _ fleet: Fleet, _ ticket: String, _ terminal: Terminal
  ) throws -> ExitCode {
    let figures = PlanFigures(reading, fleet: fleet, ticket: ticket)
    let isThere = figures.outlook == .isThereAlready
    let reasons =
      isThere
      ? ["The fleet is on \(figures.to) already. Drill with another release."]
      : ["The drill with \(figures.to) is blocked; nothing was changed:"]
        + figures.blockers.map { "  \($0)" }
    try terminal.show(
      reasons.flatMap { TextWrap.lines($0, width: terminal.width) }, json: try figures.json())
    return isThere ? .error : ExitCode(figures.outlook)
  }
}
