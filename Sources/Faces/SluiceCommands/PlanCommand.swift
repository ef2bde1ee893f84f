import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON

/// `sluice plan TAG`: what a promotion would change, what blocks it, how long it takes.
enum PlanCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "plan", abstract: "Read the fleet and say what a promotion would do; change nothing.",
      discussion:
        "Prints what would change on each host and at the balancer, what stands in the way, how "
        + "long it takes, and the plan's digest, by which promote runs exactly this plan.",
      group: "Move",
      arguments: [ArgumentSpec("TAG", help: "the release's git tag")],
      options: [Options.ticket],
      examples: [
        Example("sluice plan v1.4.2 --ticket OPS-311", "what moving to v1.4.2 would take")
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the fleet is on that release already"),
        (ExitCode.changesPending.rawValue, "there is something to do, and nothing in the way"),
        (ExitCode.error.rawValue, "something stands in the way"),
        (ExitCode.frozen.rawValue, "another promotion is under way"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let tag = command.argument("TAG") ?? ""
    let reading = try await Planner(try FleetServices(fleet))
      .read(tag: tag, ticket: command.value("ticket") ?? "")
    if let document = reading.document, document.blockers.isEmpty {
      try PlanStore(fleet.writer).write(document)
    }
    let view = PlanView(reading, fleet: fleet, ticket: command.value("ticket") ?? "")
    try terminal.show(view.lines(style: terminal.style), json: try view.json())
    return view.code
  }
}

/// A plan as an operator reads it.
struct PlanView {
  let reading: Planner.Reading
  let fleet: Fleet
  let ticket: String

  init(_ reading: Planner.Reading, fleet: Fleet, ticket: String) {
    self.reading = reading
    self.fleet = fleet
    self.ticket = ticket
  }

  var code: ExitCode {
    switch reading.outlook {
    case .busy: .frozen
    case .isThereAlready: .done
    case .runnable: .changesPending
    case .blocked: .error
    }
  }

  func lines(style: Style) -> [String] {
    var lines = [headline(style)]
    if reading.outlook == .isThereAlready {
      return [lines[0], "The fleet is on \(reading.to.tag) already: there is nothing to do."]
    }
    let blockers = reading.document?.blockers ?? reading.blockers
    if !blockers.isEmpty { lines += blocked(by: blockers, style) }
    if !reading.isBusy { lines += [""] + changes(style) + [""] + facts(style) }
    if !blockers.isEmpty {
      return lines + ["", "Nothing was changed. Mend it, then:  sluice plan \(reading.to.tag)"]
    }
    guard let document = reading.document else { return lines }
    let digest = document.digest.short
    let good =
      "plan \(style.paint(digest, .strong)) is good until the fleet changes or 30 min pass."
    guard document.plan.demands.isEmpty else {
      return lines + [
        "", good + "  A person has to accept that first:",
        "  " + style.paint("sluice approve \(digest) --reason \"…\"", .accent),
        "  " + style.paint("sluice promote \(digest)", .accent),
      ]
    }
    return lines + ["", good + "  Run it:  " + style.paint("sluice promote \(digest)", .accent)]
  }

  private func blocked(by blockers: [String], _ style: Style) -> [String] {
    [style.paint("Blocked:", .bad)]
      + blockers.flatMap { TextWrap.lines($0, width: 98) }.map { "  \($0)" }
  }

  private func headline(_ style: Style) -> String {
    let (from, to) = (reading.from, reading.to)
    let title = "\(from?.tag ?? "?") → \(to.tag)" + (ticket.isEmpty ? "" : "  \(ticket)")
    var parts: [String] = []
    if let from {
      parts.append("skills \(from.lock.skills.version) → \(to.lock.skills.version)")
      if let changed = reading.document?.filesChanged { parts[0] += ", \(changed) files change" }
      let (old, new) = (from.lock.openclaw.version, to.lock.openclaw.version)
      parts.append(old == new ? "OpenClaw \(old) stays" : "OpenClaw \(old) → \(new)")
    }
    return style.paint(title, .strong) + "   " + parts.joined(separator: "; ")
  }

  private func changes(_ style: Style) -> [String] {
    var table = TextTable(["host", "arm", "changes", "restart"])
    let version = reading.to.lock.skills.version
    let restart =
      build == nil
      ? "drain, restart by the \(fleet.swing.restartBy.rawValue)"
      : "drain, stop, "
        + (build?.copiesState == true ? "copy the state, " : "copy the configuration, ")
        + "start by the service"
    for host in fleet.canaries {
      table.add([
        StyledText(host.name.rawValue), "canary", StyledText(links(version)),
        StyledText(restart),
      ])
    }
    for host in fleet.stables {
      table.add([
        StyledText(host.name.rawValue), "stable", "same, at the mirror", StyledText(restart),
      ])
    }
    let shares = fleet.ramp.steps.map { "\($0.share)" }.joined(separator: " → ")
    let now = reading.balancer.map { $0.weights.words } ?? "?"
    return table.lines(style: style).map { "  \($0)" } + [
      "  balancer (\(fleet.balancer.kind.rawValue))  share \(now) → \(shares), then \(now) with all "
        + "\(fleet.gateways.count) on \(version)"
    ] + joining + unpinning
  }

  /// Who is pinned to the canary, and from which step on.
  private var joining: [String] {
    fleet.ramp.steps.compactMap { step in
      step.tenants.map {
        "  tenants      \($0.joined(separator: ", ")) at \(step.share): all their sessions go to the "
          + "canary from then on"
      }
    }
  }

  /// Who is moved before the ramp begins.
  private var unpinning: [String] {
    guard reading.document?.plan.can.contains(.unpins) ?? true else { return [] }
    return [
      "                      before the proof sessions are un-pinned: whoever is held to "
        + "\(fleet.canaries.map(\.name.rawValue).joined(separator: ", "))",
      "                      begins a new conversation on a stable gateway",
    ]
  }

  private func links(_ version: String) -> String {
    let skills = "skills/current → \(version)"
    return build.map { "builds/current → \($0.to.version), \(skills)" } ?? skills
  }

  /// Nil when OpenClaw's build stays, or too little was read.
  private var build: BuildChange? { reading.document?.plan.build }

  private func facts(_ style: Style) -> [String] {
    var lines = reversible(style)
    lines.append(
      "  takes        about \(Wording.duration(duration.usualMilliseconds)) and the swings if nothing is wrong; at most "
        + "\(Wording.duration(duration.longestMilliseconds))")
    lines += balancer
    if let signer = reading.signer {
      lines.append("  tag          signed by \(Style.escaped(signer))")
    }
    for (name, survey) in reading.surveys.sorted(by: { $0.key < $1.key }) {
      guard let timings = survey.timings, !timings.isEmpty else { continue }
      lines.append("  on \(name)     \(timings.sentence), when it was last done there")
    }
    for (index, warning) in reading.warnings.enumerated() {
      let title = index == 0 ? "not in order " : "             "
      let words = TextWrap.lines(warning, width: 85)
      lines.append("  \(style.paint(title, .warning))\(words[0])")
      lines += words.dropFirst().map { String(repeating: " ", count: 15) + $0 }
    }
    return lines
  }

  /// What it can and cannot, and what follows from that.
  private var balancer: [String] {
    guard let can = reading.document?.plan.can else { return [] }
    func list(_ capabilities: [BalancerCapability]) -> String {
      capabilities.map(\.title).joined(separator: ", ")
    }
    let missing = can.missing.isEmpty ? [] : ["cannot: \(list(can.missing))"]
    let words = ["can: \(list(can.present))"] + missing + BalancerCheck.consequences(of: can)
    return words.flatMap { TextWrap.lines($0, width: 85) }.enumerated().map { index, line in
      (index == 0 ? "  balancer     " : "               ") + line
    }
  }

  /// What the way back takes, and what it loses.
  private func reversible(_ style: Style) -> [String] {
    guard let build else { return ["  reversible   by link; practised at share 0 before the ramp"] }
    let title = style.paint("reversible  ", build.copiesState ? .warning : .plain)
    switch build.wayBack {
    case .link:
      return [
        "  \(title) by link and the configuration as it was: both builds have the same "
          + "state; practised at share 0"
      ]
    case .state, .unknown:
      let how =
        build.wayBack == .state
        ? "only with the state as it was (\(build.schemaChanges.joined(separator: ", ")))"
        : "not known: a build does not say which state it has; taken as needing the state"
      return ["  \(title) \(how); practised at share 0"] + room(build)
        + StyledText(loss(build)).wrapped(to: 84).map { "               \($0.plain)" }
    }
  }

  private func loss(_ build: BuildChange) -> String {
    "the way back loses what happens on \(build.to.version) from a host's swing until then "
      + "(conversations, memories, pairings, jobs): the state is copied at the stop and put back, the "
      + "newer one kept aside"
  }

  private func room(_ build: BuildChange) -> [String] {
    fleet.gateways.compactMap { host in
      guard let state = reading.surveys[host.name]?.builds?.state else { return nil }
      let (needed, free) = BuildChange.room(host, state)
      return "               \(host.name): state \(Wording.bytes(state.bytes)), copies need "
        + "\(Wording.bytes(needed)), \(Wording.bytes(free)) are free"
    }
  }

  private var duration: PlanDuration { PlanDuration(fleet: fleet, build: build) }

  private var balancerJSON: JSONValue {
    guard let can = reading.document?.plan.can else { return .null }
    return [
      "kind": .string(fleet.balancer.kind.rawValue),
      "can": .array(can.present.map { .string($0.rawValue) }),
      "cannot": .array(can.missing.map { .string($0.rawValue) }),
      "consequences": .array(BalancerCheck.consequences(of: can).map { .string($0) }),
    ]
  }

  func json() throws -> JSONValue {
    let blockers = reading.document?.blockers ?? reading.blockers
    return [
      "schema": "sluice.plan-view/1", "from": reading.from.map { .string($0.tag) } ?? .null,
      "to": .string(reading.to.tag), "ticket": .string(ticket),
      "digest": reading.document.map { .string($0.digest.text) } ?? .null,
      "blockers": .array(blockers.map { .string($0) }),
      "warnings": .array(reading.warnings.map { .string($0) }),
      "files_changed": reading.document?.filesChanged.map { .integer(Int64($0)) } ?? .null,
      "demands": .array((reading.document?.plan.demands ?? []).map { .string($0) }),
      "balancer": balancerJSON,
      "usual_ms": .integer(duration.usualMilliseconds),
      "longest_ms": .integer(duration.longestMilliseconds),
      "plan": try reading.document.map { try CanonicalJSON.encode($0.plan) } ?? .null,
    ]
  }
}
