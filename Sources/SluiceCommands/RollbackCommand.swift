import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluicePorts

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
        + "works with no controller running, in a freeze, and with a full disk.",
      group: "Move",
      options: [
        OptionSpec(
          "to", valueName: "TAG",
          help: "the release to come back to, where the last promotion was not completed"),
        OptionSpec("now", help: "after a completed promotion: all hosts at once, not in waves"),
        OptionSpec("verify", help: "try again at once what could not be verified"),
        Options.actor, Options.reason, Options.detach,
      ],
      examples: [
        Example("sluice rollback", "back, and show it"),
        Example("sluice rollback --verify", "a host that was away is here again"),
      ], exitCodes: exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    let begun = try await begin(command, fleet)
    if command.flag("detach") {
      terminal.tell("\(begun.id) goes back.  See it:  sluice status --watch", begun.id, "rollback")
      return .done
    }
    let isContinued = command.flag("verify")
    return asAskedFor(
      try await PromotionShow(fleet, terminal).follow(begun, isContinued: isContinued))
  }

  /// A rollback that was asked for has done what was asked.
  static func asAskedFor(_ code: ExitCode) -> ExitCode { code == .rolledBack ? .done : code }

  private static func begin(_ command: ParsedCommand, _ fleet: Fleet) async throws
    -> Steering.Begun
  {
    let steering = command.steering(fleet)
    if command.flag("verify") { return try await steering.ask(command.request(.verify)) }
    let reading = try await LedgerReading.load(fleet.writer)
    if let promotion = reading.replay.promotion, !promotion.phase.isTerminal {
      return try await steering.ask(command.request(.rollBack))
    }
    return try await steering.revert(
      to: command.value("to"), now: command.flag("now"), actor: command.actor,
      reason: command.value("reason") ?? "")
  }
}
