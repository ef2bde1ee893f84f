import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts

/// `sluice pause`, `resume` and `abort`: a person's requests to a promotion under way.
enum PauseCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "pause", abstract: "Hold the promotion at its present step and share.",
      discussion: "Operations that have begun are finished first. The gates still refuse: a canary "
        + "that fails during a pause is rolled back.",
      group: "Move", options: [Options.actor, Options.reason],
      examples: [Example("sluice pause --reason \"lunch\"", "hold the present share")])
  ) { command, terminal in
    let fleet = try command.fleet()
    let taken = try await command.steering(fleet).ask(command.request(.pause))
    terminal.report(taken.fault)
    guard let refusal = taken.standing.faultOfPause else {
      terminal.tell("Paused.  Continue:  sluice resume", taken.begun.id, "pause")
      return .done
    }
    throw PortError(.refused, refusal, remedy: "Follow it:  sluice status --watch")
  }
}

enum ResumeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "resume", abstract: "Continue after a pause, or where a killed controller stopped.",
      group: "Move", options: [Options.takeOver, Options.actor, Options.detach],
      examples: [
        Example("sluice resume", "continue, and show it"),
        Example("sluice resume --take-over", "first end a controller that does not answer"),
      ],
      exitCodes: PromoteCommand.verb.spec.exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      try await command.takeOverIfAsked(fleet, terminal)
      let begun = try await command.steering(fleet).goOn(actor: command.actor)
      if command.flag("detach") {
        terminal.tell(
          "Promotion \(begun.id) continues.  Follow it:  sluice status --watch", begun.id, "resume")
        return .done
      }
      return try await PromotionShow(fleet, terminal).follow(begun.id)
    }
  }
}

enum AbortCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "abort", abstract: "End the promotion; after a motion this is a rollback.",
      discussion: "Before anything moved, the promotion ends at once. After a motion the fleet "
        + "returns to its last good state.",
      group: "Move", options: [Options.actor, Options.reason, Options.detach],
      examples: [Example("sluice abort --reason \"wrong tag\"", "end the promotion")],
      exitCodes: RollbackCommand.exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      let taken = try await command.steering(fleet).ask(command.request(.abort))
      terminal.report(taken.fault)
      if command.flag("detach") {
        let what = taken.standing.phase.isRollingBack ? "is rolling back" : "ends"
        terminal.tell(
          "Promotion \(taken.begun.id) \(what).  Follow it:  sluice status --watch",
          taken.begun.id, "abort")
        return .done
      }
      return try await PromotionShow(fleet, terminal).follow(
        taken.begun.id, code: PromotionShow.codeAsAskedFor)
    }
  }
}
