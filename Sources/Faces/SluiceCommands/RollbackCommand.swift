import SluiceArguments
import SluiceCore
import SluiceController

/// `sluice rollback`: returns the fleet to its last good state, at any time.
enum RollbackCommand {
  static let exitCodes: [(Int32, String)] = [
    (
      ExitCode.done.rawValue,
      "rolled back, and verified on every host; or ended before anything moved"
    ),
    (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
  ]

  static let verb = Verb(
    spec: CommandSpec(
      "rollback", abstract: "Return the fleet to its last good state.",
      discussion:
        "During a promotion the rollback begins at once. After a completed promotion all hosts swing "
        + "to the release before: in waves that keep the capacity floor, or all at once with --now. "
        + "The command needs no running controller, and works with a full disk. A controller at work "
        + "gets the request first, whatever the ledger says. When the ledger's chain is broken, "
        + "Sluice keeps the file and uses the lines that are proven.",
      group: "Move",
      options: [
        OptionSpec(
          "to", valueName: "TAG",
          help: "the release to return to, where the last promotion was not completed"),
        OptionSpec(
          "now", help: "after a completed promotion: swing all hosts at once, not in waves"),
        OptionSpec("verify", help: "verify again now what was NOT verified"),
        Options.takeOver, Options.actor, Options.reason, Options.detach,
      ],
      examples: [
        Example("sluice rollback", "roll back, and show it"),
        Example("sluice rollback --verify", "a host answers again: verify it"),
        Example("sluice rollback --take-over", "first end a controller that does not answer"),
      ], exitCodes: exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      try await command.takeOverIfAsked(fleet, terminal)
      let id = try await begin(command, fleet, terminal)
      if command.flag("detach") {
        terminal.tell(
          "Promotion \(id) is rolling back.  Follow it:  sluice status --watch", id, "rollback")
        return .done
      }
      return try await PromotionShow(fleet, terminal).follow(
        id, code: PromotionShow.codeAsAskedFor)
    }
  }

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
    for line in back.words { terminal.complain(line, remedy: nil) }
    return back.begun.id
  }
}
