import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice status`: the promotion, then its hosts, then the reasons of each host's probe.
enum StatusCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "status", abstract: "Show the promotion, host by host.", group: "Watch",
      options: [
        OptionSpec(
          "watch", short: "w",
          help: "follow the promotion to its end; Ctrl-C ends only the command"
        ),
        OptionSpec("ledger", help: "use the ledger alone, and ask no host"),
      ],
      examples: [
        Example("sluice status", "show the promotion under way, or the last one"),
        Example(
          "sluice status --watch", "follow it; the promotion continues when the terminal closes"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "shown"),
        (ExitCode.rolledBackUnverified.rawValue, ExitCode.rolledBackUnverified.meaning),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    if command.flag("watch") { return try await StatusScreen(fleet, terminal).follow() }
    let (reading, fault) = try await LedgerReading.asFarAsItGoes(fleet.writer)
    let asks = !command.flag("ledger")
    async let sight = ControllerSight.take(fleet.writer)
    let answers = asks ? await FleetAnswers.take(fleet, deadline: FleetAnswers.patience) : nil
    let observes =
      asks && reading.replay.promotion == nil
      && reading.entries.contains { $0.kind == .adopted }
    let status = FleetStatus(
      reading, fleet: fleet, answers: answers, sight: await sight, fault: fault,
      observed: observes ? await ObservedTraffic.take(fleet) : nil, now: SystemTime().now())
    terminal.show(
      StatusView(status).lines(width: terminal.width, style: terminal.style), json: status.json)
    if fault != nil { return .error }
    return status.promotion?.phase == .rolledBackUnverified ? .rolledBackUnverified : .done
  }
}

/// The faults of balancer and ledger, then the promotion.
struct StatusView {
  let status: FleetStatus

  init(_ status: FleetStatus) { self.status = status }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let first = status.trouble.lines(width: width, style: style) + warning(width, style)
    guard let promotion = status.promotion else {
      return first + quiet(width, style) + drill(width, style)
    }
    return first + PromotionView(promotion).lines(width: width, style: style) + drill(width, style)
  }

  private func drill(_ width: Int, _ style: Style) -> [String] {
    guard let drill = status.drill else { return [] }
    let line = StyledText("drill  ") + StyledText(drill.sentence, drill.severity.tone)
    return line.hanging(at: 7, width: width).map { $0.rendered(style) }
  }

  /// Before the promotion: a ledger whose chain is broken.
  private func warning(_ width: Int, _ style: Style) -> [String] {
    guard let fault = status.ledgerFault else { return [] }
    let text = "THE LEDGER'S CHAIN IS BROKEN   \(fault.message)"
    let rest =
      "The screen shows the \(fault.provenLines) lines before. " + (fault.remedy ?? "")
    return [StyledText(text, .bad), StyledText(rest)].flatMap {
      $0.wrapped(to: width).map { $0.rendered(style) }
    }
  }

  /// A fleet that Sluice never moved.
  private func quiet(_ width: Int, _ style: Style) -> [String] {
    let title = StyledText("\(status.fleet)   ", .strong) + StyledText("no promotion yet")
    return TextTree(title, status.hosts.map { HostView($0).tree }).lines(width: width, style: style)
      + ObservationView(status).lines(width: width, style: style)
      + (status.next.map { ["next   \($0.text)"] } ?? [])
  }
}
