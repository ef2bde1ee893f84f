import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice approve PLAN`: a person accepts what a plan demands.
enum ApproveCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "approve", abstract: "Accept what a plan demands before it may be run.",
      discussion:
        "A plan whose way back is more than links and weights (another OpenClaw build that migrates "
        + "the state) says what is lost on the way back, and waits for a person. What was accepted, "
        + "word for word, by whom, when and why, is kept beside the plan, and is the second line of "
        + "its promotion in the ledger.",
      group: "Move",
      arguments: [ArgumentSpec("PLAN", help: "the digest that plan printed")],
      options: [Options.actor, Options.reason],
      examples: [
        Example(
          "sluice approve 7f3a91c2 --reason \"maintenance window OPS-311\"",
          "accept it, then run it:  sluice promote 7f3a91c2")
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "accepted"),
        (ExitCode.error.rawValue, "there is no such plan, or it demands nothing"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    guard let reason = command.value("reason"), !reason.isEmpty else {
      throw command.usageError(
        "approve needs a reason: it is what the ledger keeps",
        remedy: "sluice approve \(command.argument("PLAN") ?? "PLAN") --reason \"…\"")
    }
    let document = try PlanStore(fleet.writer).find(command.argument("PLAN") ?? "")
    let approval = try command.steering(fleet)
      .approve(document, actor: command.actor, reason: reason)
    try terminal.show(
      ["\(approval.actor) accepts:"] + approval.accepts.map { "  \($0)" } + [
        "", "Run it:  sluice promote \(document.digest.short)",
      ], json: try CanonicalJSON.encode(approval))
    return .done
  }
}
