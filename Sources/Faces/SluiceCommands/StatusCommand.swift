import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceStatus

/// `sluice status`: fleet → host → checks, by the ledger.
enum StatusCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "status", abstract: "Show what the promotion is doing, host by host.", group: "Watch",
      options: [
        OptionSpec(
          "watch", short: "w",
          help: "stay and follow, to the promotion's end; Ctrl-C ends only this"
        ),
        OptionSpec("ledger", help: "by the ledger alone: ask no host"),
      ],
      examples: [
        Example("sluice status", "the promotion that runs, or the last one"),
        Example("sluice status --watch", "follow it; closing the terminal stops nothing"),
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
    let look = asks ? await FleetLook.take(fleet, deadline: StatusView.patience) : nil
    let view = StatusView(
      reading, fleet: fleet, look: look, sight: await sight, fault: fault, now: SystemTime().now())
    terminal.show(view.lines(style: terminal.style), json: view.json)
    if fault != nil { return .error }
    return reading.replay.promotion?.phase == .rolledBackUnverified ? .rolledBackUnverified : .done
  }
}

/// What `status` says of a ledger at a moment.
struct StatusView {
  /// A host that takes longer to answer is shown as silent.
  static let patience: Duration = .seconds(2)

  let reading: LedgerReading
  let fleet: Fleet
  /// Nil when no host was asked.
  let look: FleetLook?
  /// Whether a controller is at work, and answers; nil: by the lock alone.
  let sight: ControllerSight
  /// What is wrong with the ledger: all that is shown is as of the lines before that.
  let fault: PortError?
  let now: Moment

  init(
    _ reading: LedgerReading, fleet: Fleet, look: FleetLook?, sight: ControllerSight? = nil,
    fault: PortError? = nil, now: Moment
  ) {
    self.reading = reading
    self.fleet = fleet
    self.look = look
    self.sight = sight ?? reading.holder.map { .atWork($0) } ?? .none
    self.fault = fault
    self.now = now
  }

  var trouble: BalancerTrouble {
    BalancerTrouble(balancer: look?.balancer, door: look?.door, fleet: fleet)
  }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let first = trouble.lines(width: width, style: style) + warning(width, style)
    guard let promotion = reading.replay.promotion else { return first + quiet(width, style) }
    return first
      + PromotionView(
        promotion: promotion, look: look, actor: reading.actorAndAccount,
        ticket: reading.replay.ticket, sight: sight, now: now
      ).lines(width: width, style: style)
  }

  /// Before the promotion: a ledger that does not add up.
  private func warning(_ width: Int, _ style: Style) -> [String] {
    guard let fault else { return [] }
    let text = "THE LEDGER DOES NOT ADD UP   \(fault.message)"
    let rest =
      "What follows is as of the \(reading.entries.count) lines before. "
      + (fault.remedy ?? "")
    return [StyledText(text, .bad), StyledText(rest)].flatMap {
      $0.wrapped(to: width).map { $0.rendered(style) }
    }
  }

  /// A fleet that Sluice never moved.
  private func quiet(_ width: Int, _ style: Style) -> [String] {
    let hosts = fleet.gateways.compactMap { host in
      look?.answers[host.name].map { HostView(host: host.name, arm: host.arm, answer: $0).tree }
    }
    let title = StyledText("\(fleet.name)   ", .strong) + StyledText("no promotion yet")
    return TextTree(title, hosts).lines(width: width, style: style) + ["next   sluice plan TAG"]
  }

  var json: JSONValue {
    guard let promotion = reading.replay.promotion else {
      return ["schema": "sluice.status/1", "promotion": .null, "balancer": trouble.json]
    }
    let hosts = promotion.hosts.map { name, state -> (String, JSONValue) in
      let watch = promotion.watch?.hosts[name]
      return (
        name.rawValue,
        [
          "runs": .string(PromotionView.word(state.runs, promotion)),
          "status": now(name) ?? watch?.status.map { .string($0.rawValue) } ?? .null,
          "fault": state.fault.map { .string($0) } ?? .null,
        ]
      )
    }
    return [
      "schema": "sluice.status/1", "promotion": .string(promotion.id.rawValue),
      "balancer": trouble.json,
      "from": .string(promotion.plan.from.tag), "to": .string(promotion.plan.to.tag),
      "phase": .string(promotion.phase.title), "paused": .bool(promotion.isPaused),
      "actor": .string(reading.replay.actor),
      "account": reading.account.map { .string($0) } ?? .null,
      "ticket": .string(reading.replay.ticket),
      "share": .integer(Int64(promotion.weights.share.basisPoints)),
      "tenants": .array(promotion.weights.tenants.map { .string($0) }),
      "pinned_sessions": promotion.watch?.assessment.pinned.map { .integer(Int64($0)) } ?? .null,
      "verdict": promotion.watch.map { .string($0.assessment.verdict.rawValue) } ?? .null,
      "runs": promotion.watch?.assessment.runs.flatMap { try? CanonicalJSON.encode($0) } ?? .null,
      "controlled": .bool(sight != .none),
      "controller_silent": .bool(sight.silent != nil),
      "ledger_fault": fault.map { .string($0.message) } ?? .null,
      "stuck": promotion.stuck.map {
        [
          "since": .string(Timestamp.text($0.since.wallMilliseconds)),
          "why": .string($0.failure.message),
          "share": $0.failure.weights.map { .integer(Int64($0.share.basisPoints)) } ?? .null,
        ]
      } ?? .null,
      "notices": .array(promotion.notices.map { .string(PromotionTrouble.text($0)) }),
      "reason": promotion.rollbackCause.map { .string($0.sentence) } ?? .null,
      "hosts": .object(Dictionary(hosts) { first, _ in first }),
    ]
  }

  /// The host's status by its own word, where it was asked and answered.
  private func now(_ host: HostName) -> JSONValue? {
    guard case .success(let probe)? = look?.answers[host] else { return nil }
    return .string(probe.status.rawValue)
  }
}
