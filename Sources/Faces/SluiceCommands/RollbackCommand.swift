import SluiceArguments
import SluiceCore
import SluiceController

/// `sluice rollback`: always allowed, from anywhere.
enum RollbackCommand {
  static let exitCodes: [(Int32, String)] = [
    (ExitCode.done.rawValue, "back, and verified on every host"),
    (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
  ]

  static let verb = Verb(
    spec: CommandSpec(
      "rollback", abstract: "Bring the fleet back to its last good state.",
      discussion:
        "While a promotion is under way it turns round; after a completed one all hosts go back to "
        + "the release before, in waves that keep the capacity floor, or at once with --now. It "
        + "works with no controller running, in a freeze, and with a full disk. A controller at work "
        + "is told first, whatever the ledger says. A ledger that does not add up is kept as "
        + "evidence, and the way back rests on what is proven.",
      group: "Move",
      options: [
        OptionSpec(
          "to", valueName: "TAG",
          help: "the release to come back to, where the last promotion was not completed"),
        OptionSpec("now", help: "after a completed promotion: all hosts at once, not in waves"),
        OptionSpec("verify", help: "try again at once what could not be verified"),
        Options.takeOver, Options.actor, Options.reason, Options.detach,
      ],
      examples: [
        Example("sluice rollback", "back, and show it"),
        Example("sluice rollback --verify", "a host that was away is here again"),
        Example("sluice rollback --take-over", "the controller was stopped, and does not answer"),
      ], exitCodes: exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      try await command.takeOverIfAsked(fleet, terminal)
      let id = try await begin(command, fleet, terminal)
      if command.flag("detach") {
        terminal.tell(
          "\(id) goes back.  See it:  sluice status --watch", id, "rollback")
        return .done
      }
      return asAskedFor(try await PromotionShow(fleet, terminal).follow(id))
    }
  }

  /// A rollback that was asked for has done what was asked.
  static func asAskedFor(_ code: ExitCode) -> ExitCode { code == .rolledBack ? .done : code }

  private static func begin(
    _ command: ParsedCommand, _ fleet: Fleet, _ terminal: Terminal
  ) async throws -> PromotionID {
    let steering = command.steering(fleet)
    let reason = command.value("reason") ?? ""
    let back =
      command.flag("verify")
      ? try await steering.verify(actor: command.actor, reason: reason)
      : try await steering.rollBack(
        to: command.value("to"), now: command.flag("now"), actor: command.actor, reason: reason)
    terminal.report(back.fault)
    for line in back.words { terminal.message("sluice: \(Style.escaped(line))\n") }
    return back.begun.id
  }
}
