import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice approve PLAN`: records a person's approval of a plan's demands.
enum ApproveCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "approve", abstract: "Approve the demands of a plan, so that the plan can run.",
      discussion:
        "A plan demands an approval when its rollback must restore OpenClaw's state, because another "
        + "OpenClaw build migrates the state. The plan then says what a rollback loses, and waits for "
        + "a person. Sluice keeps the approval beside the plan: the demands word for word, the "
        + "person, the time and the reason. The approval is the second ledger line of the promotion.",
      group: "Move",
      arguments: [ArgumentSpec("PLAN", help: "the digest that sluice plan printed")],
      options: [Options.actor, Options.reason],
      examples: [
        Example(
          "sluice approve 7f3a91c2 --reason \"maintenance window OPS-311\"",
          "approve the plan; then run it:  sluice promote 7f3a91c2")
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "approved"),
        (ExitCode.error.rawValue, "there is no such plan, or the plan demands nothing"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    guard let reason = command.value("reason"), !reason.isEmpty else {
      throw command.usageError(
        "an approval needs a reason, which the ledger keeps",
        remedy: "sluice approve \(command.argument("PLAN") ?? "PLAN") --reason \"…\"")
    }
    let document = try PlanStore(fleet.writer).find(command.argument("PLAN") ?? "")
    let approval = try command.steering(fleet)
      .approve(document, actor: command.actor, reason: reason)
    try terminal.show(
      ["\(approval.actor) approves:"] + approval.accepts.map { "  \($0)" } + [
        "", "Run it:  sluice promote \(document.digest.short)",
      ], json: try CanonicalJSON.encode(approval))
    return .done
  }
}
