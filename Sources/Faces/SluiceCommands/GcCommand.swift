import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice gc`: removes what Sluice stored and nothing needs any more.
enum GcCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "gc", abstract: "Remove old files of Sluice that nothing needs.",
      discussion:
        "On the writer: evidence, plans, controllers' logs, torn tails of the ledger. On every host: "
        + "slices, OpenClaw's builds, copies of its state, operation records. An item goes when it is "
        + "older than retention.age of sluice.yaml, is not among the newest of its kind, and nothing "
        + "needs it. A rollback to the last good state, a promotion under way, the links and the "
        + "host's own release need their items. The ledger keeps what was removed.",
      group: "Processes",
      options: [
        OptionSpec("dry-run", help: "remove nothing; show what would go"),
        OptionSpec("stays", help: "show what stays, and why, too"),
        Options.actor,
      ],
      examples: [
        Example("sluice gc --dry-run", "show what would go"),
        Example("sluice gc", "remove it"),
        Example("sluice gc --dry-run --stays", "show why each item stays"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "nothing was to be removed, or all of it was removed"),
        (ExitCode.changesPending.rawValue, "with --dry-run: there is something to remove"),
        (ExitCode.error.rawValue, "a host does not answer, or did not remove an item"),
        (ExitCode.frozen.rawValue, "a controller holds the ledger"),
      ])
  ) { command, terminal in
    let services = try FleetServices(try command.fleet())
    let isDry = command.flag("dry-run")
    let retention =
      isDry
      ? try await FleetRetention.look(services)
      : try await FleetRetention.discard(services, actor: command.actor)
    terminal.show(
      RetentionView(retention, showsStays: command.flag("stays"))
        .lines(width: terminal.width, style: terminal.style), json: retention.json)
    guard retention.isWell else { return .error }
    return isDry && retention.hasRemovals ? .changesPending : .done
  }
}

/// The items that go, machine by machine.
struct RetentionView {
  let retention: FleetRetention
  let showsStays: Bool

  init(_ retention: FleetRetention, showsStays: Bool) {
    self.retention = retention
    self.showsStays = showsStays
  }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let next =
      !retention.hasDiscarded && retention.hasRemovals ? ["Remove it:  sluice gc"] : []
    return retention.machines.flatMap { tree($0).lines(width: width, style: style) } + next
  }

  private func tree(_ machine: FleetRetention.Machine) -> TextTree {
    switch machine.decision {
    case .failure(let error):
      return TextTree(
        StyledText("\(machine.place)   ") + StyledText("silent", .bad)
          + StyledText("   \(error.message)"))
    case .success(let decision):
      let stays = showsStays ? decision.kept.map { Self.line($0, "stays", .faint) } : []
      return TextTree(
        head(machine, decision),
        decision.removed.map { Self.line($0, "goes", .warning) } + stays + Self.faults(machine))
    }
  }

  private func head(
    _ machine: FleetRetention.Machine, _ decision: RetentionDecision
  ) -> StyledText {
    let stays = StyledText("   \(decision.kept.count) stay", .faint)
    let name = StyledText("\(machine.place)   ")
    if case .success(let report)? = machine.report {
      return name
        + StyledText("removed \(report.removed), \(Wording.bytes(report.bytes))", .good) + stays
    }
    guard !decision.removed.isEmpty else {
      return name + StyledText("nothing to remove", .good) + stays
    }
    return name
      + StyledText(
        "\(decision.removed.count) go, \(Wording.bytes(decision.removedBytes))", .warning) + stays
  }

  private static func line(
    _ choice: RetentionDecision.Choice, _ word: String, _ tone: Tone
  ) -> TextTree {
    let kind = choice.item.id.kind.rawValue.replacing("_", with: " ")
    return TextTree(
      StyledText(word, tone)
        + StyledText("  \(kind) \(choice.item.id.name)  \(Wording.bytes(choice.item.bytes))")
        + StyledText("  \(choice.reason)", .faint))
  }

  private static func faults(_ machine: FleetRetention.Machine) -> [TextTree] {
    switch machine.report {
    case nil: []
    case .failure(let error)?:
      [TextTree(StyledText("NOT removed", .bad) + StyledText("  \(error.message)"))]
    case .success(let report)?:
      report.faults.map { TextTree(StyledText("NOT removed", .bad) + StyledText("  \($0)")) }
    }
  }
}
