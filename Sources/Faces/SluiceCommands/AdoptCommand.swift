import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice adopt`: takes over a fleet that was run by hand.
enum AdoptCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "adopt", abstract: "Read a fleet that was run by hand, and archive its first good state.",
      discussion:
        "Without --archive the command only shows where the hosts differ: release, slices, links, "
        + "processes, builds, fragments. With --archive it keeps the good state beside the ledger, "
        + "for a rollback to return to, and the ledger keeps who did so. Nothing of the fleet moves, "
        + "and nothing will before the first promote; status says so.",
      group: "Begin",
      options: [
        OptionSpec("archive", help: "archive the good state; refused while hosts differ"),
        Options.actor, Options.reason,
      ],
      examples: [
        Example("sluice adopt", "show how the hosts differ"),
        Example("sluice adopt --archive --reason \"taken over\"", "archive the good state"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the good state was archived"),
        (ExitCode.changesPending.rawValue, "all hosts are good; nothing was archived yet"),
        (ExitCode.error.rawValue, "hosts differ, or one does not answer"),
        (ExitCode.frozen.rawValue, "a controller holds the ledger"),
      ])
  ) { command, terminal in
    let services = try FleetServices(try command.fleet())
    let archives = command.flag("archive")
    let reason = command.value("reason") ?? ""
    if archives, reason.isEmpty {
      throw command.usageError(
        "an adoption needs a reason, which the ledger keeps",
        remedy: "Add  --reason \"why this state is good\"")
    }
    let adoption = try await FleetAdoption.take(services)
    if archives { try await adoption.archive(services, actor: command.actor, reason: reason) }
    terminal.show(
      AdoptionView(adoption, isArchived: archives)
        .lines(width: terminal.width, style: terminal.style),
      json: adoption.json(archived: archives))
    if archives { return .done }
    return adoption.snapshot == nil ? .error : .changesPending
  }
}

/// The differences, then what keeps the fleet from being adopted, then the next command.
struct AdoptionView {
  let adoption: FleetAdoption
  let isArchived: Bool

  init(_ adoption: FleetAdoption, isArchived: Bool) {
    self.adoption = adoption
    self.isArchived = isArchived
  }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    FleetDiffView(adoption.diff).lines(width: width, style: style)
      + rest.flatMap { $0.wrapped(to: width).map { $0.rendered(style) } }
  }

  private var rest: [StyledText] {
    let obstacles = adoption.obstacles.map {
      StyledText("NOT good   ", .bad) + StyledText($0)
    }
    guard let snapshot = adoption.snapshot else { return obstacles }
    let good =
      StyledText("good   ", .good)
      + StyledText("\(snapshot.hosts.count) gateways run \(snapshot.release.tag)")
    return isArchived
      ? [
        good,
        StyledText(
          "Archived as last good. Sluice only observes until the first promotion:  sluice plan TAG"),
      ]
      : [good, StyledText("Archive this state:  sluice adopt --archive --reason \"…\"")]
  }
}
