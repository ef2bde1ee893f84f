import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts

/// `sluice pause`, `resume` and `abort`: what a person asks of a promotion under way.
enum PauseCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "pause", abstract: "Hold the promotion where it is; traffic stays as it is.",
      discussion: "What is being moved at this moment is finished first. Gates go on refusing: a "
        + "paused canary that fails is still rolled back.",
      group: "Move", options: [Options.actor, Options.reason],
      examples: [Example("sluice pause --reason \"lunch\"", "stay at this share for a while")])
  ) { command, terminal in
    let fleet = try command.fleet()
    let taken = try await command.steering(fleet).ask(command.request(.pause))
    terminal.report(taken.fault)
    guard let refusal = taken.standing.faultOfPause else {
      terminal.tell("Paused.  Go on:  sluice resume", taken.begun.id, "pause")
      return .done
    }
    throw PortError(.refused, refusal, remedy: "See it:  sluice status --watch")
  }
}

enum ResumeCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "resume", abstract: "Go on: after a pause, or where a controller that died left off.",
      group: "Move", options: [Options.takeOver, Options.actor, Options.detach],
      examples: [
        Example("sluice resume", "go on, and show it"),
        Example("sluice resume --take-over", "the controller was stopped, and does not answer"),
      ],
      exitCodes: PromoteCommand.verb.spec.exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      try await command.takeOverIfAsked(fleet, terminal)
      let begun = try await command.steering(fleet).goOn(actor: command.actor)
      if command.flag("detach") {
        terminal.tell("\(begun.id) goes on.  See it:  sluice status --watch", begun.id, "resume")
        return .done
      }
      return try await PromotionShow(fleet, terminal).follow(begun.id)
    }
  }
}

enum AbortCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "abort", abstract: "Give the promotion up: back to where it began.",
      discussion: "Before anything was moved it just ends; after that it is a rollback.",
      group: "Move", options: [Options.actor, Options.reason, Options.detach],
      examples: [Example("sluice abort --reason \"wrong tag\"", "give it up")],
      exitCodes: RollbackCommand.exitCodes)
  ) { command, terminal in
    let fleet = try command.fleet()
    return try await terminal.untilInterrupted(fleet) {
      let taken = try await command.steering(fleet).ask(command.request(.abort))
      terminal.report(taken.fault)
      if command.flag("detach") {
        let what = taken.standing.phase.isRollingBack ? "goes back" : "ends"
        terminal.tell(
          "\(taken.begun.id) \(what).  See it:  sluice status --watch", taken.begun.id, "abort")
        return .done
      }
      let code = try await PromotionShow(fleet, terminal).follow(taken.begun.id)
      return RollbackCommand.asAskedFor(code)
    }
  }
}
