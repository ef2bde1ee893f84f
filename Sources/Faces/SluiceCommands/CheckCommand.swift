import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice check`: what was found on every host, asked piece by piece.
enum CheckCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "check", abstract: "Ask every host everything that Sluice will need; change nothing.",
      discussion:
        "Shows which OpenClaw build and dialect was found on each host, what every part of it "
        + "answered and what that means; sends one request as the balancer does; looks at links, "
        + "slices, checkout, fragments and disk. Takes up to a minute a host, for Doctor.",
      group: "Begin",
      arguments: [
        ArgumentSpec("HOST", help: "only these hosts", isRequired: false, isRepeatable: true)
      ],
      examples: [
        Example("sluice check", "before the first plan"),
        Example("sluice check mac-a --json", "one host, every answer"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "everything that Sluice needs works"),
        (ExitCode.error.rawValue, "something does not, or a host does not answer"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let check = await FleetCheck.take(try FleetServices(fleet), hosts: wanted)
    try terminal.show(
      CheckView(check, fleet: fleet).lines(style: terminal.style),
      json: try check.json(of: fleet))
    return check.isWell ? .done : .error
  }
}

extension ParsedCommand {
  /// The hosts named as HOST, each of which the fleet must know.
  func hosts(of fleet: Fleet) throws(PortError) -> [HostName] {
    let wanted = arguments("HOST").map { HostName($0) }
    for host in wanted where fleet.host(host) == nil {
      throw PortError(
        .refused, "sluice.yaml names no host \(host)",
        remedy: "It names: " + fleet.hosts.map(\.name.rawValue).joined(separator: ", "))
    }
    return wanted
  }
}

/// A check as an operator reads it: the answer first, then host by host what is not as it should be
/// and what to do, and everything else in a table.
struct CheckView {
  private let check: FleetCheck
  private let fleet: Fleet
  private let hosts: [(name: HostName, result: Result<HostCheck, PortError>)]

  init(_ check: FleetCheck, fleet: Fleet) {
    self.check = check
    self.fleet = fleet
    hosts = check.hosts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  func lines(style: Style) -> [String] {
    let good = check.goodHosts
    let headline =
      check.isWell
      ? style.paint("in order   ", .good) + "\(good) of \(hosts.count) hosts"
      : style.paint("NOT in order   ", .bad) + "\(good) of \(hosts.count) hosts are"
    return [headline] + balancer(style) + hosts.flatMap { lines(of: $0.name, $0.result, style) }
      + advice(style)
  }

  private func stopLines(of name: HostName, _ style: Style) -> [String] {
    check.stops(on: name).map { text in
      "  " + style.paint("STOPS a promotion", .bad) + "  \(Style.escaped(text))"
    }
  }

  private func balancer(_ style: Style) -> [String] {
    balancerState(style)
      + (check.unconfined.map { ["  " + style.paint("odd", .warning) + "  \(Style.escaped($0))"] }
        ?? [])
  }

  private func balancerState(_ style: Style) -> [String] {
    switch check.balancer {
    case .success(let state):
      let up = state.servers.filter(\.isInService).count
      return [
        "balancer   share \(state.weights.share), \(up) of \(state.servers.count) servers in service"
      ]
    case .failure(let error):
      let remedy = error.remedy.map { "  \(Style.escaped($0))" } ?? ""
      return [style.paint("balancer   \(Style.escaped(error.message))", .bad) + remedy]
    }
  }

  private func lines(
    of name: HostName, _ result: Result<HostCheck, PortError>, _ style: Style
  ) -> [String] {
    switch result {
    case .failure(let error):
      return [
        "", "\(name)   " + style.paint("silent", .bad) + "   \(Style.escaped(error.message))",
      ]
    case .success(let check):
      var table = TextTable(["", "asked", "what came", "took"])
      for answer in check.answers {
        table.add([
          StyledText(answer.capability, Self.tone(answer.level)), StyledText(answer.asked),
          StyledText(answer.came, answer.level == .expected ? .plain : Self.tone(answer.level)),
          StyledText(Wording.duration(answer.milliseconds), .faint),
        ])
      }
      let troubles = check.answers.filter { !$0.means.isEmpty && $0.level != .expected }
      return ["", head(of: check, style)] + table.lines(style: style).map { "  \($0)" }
        + troubles.map {
          "  " + style.paint(Self.word($0.level), Self.tone($0.level))
            + "  \($0.capability): \(Style.escaped($0.means))"
        } + stopLines(of: name, style)
    }
  }

  private func head(of check: HostCheck, _ style: Style) -> String {
    let profile = check.profile
    let build = profile?.build.map { "OpenClaw \($0)" } ?? "a build that does not say its name"
    let dialect = profile.map { ", spoken to as \($0.dialect.rawValue)" } ?? ""
    let word = Self.word(check.worst)
    return style.paint("\(check.host)", .strong) + "   \(Style.escaped(build))\(dialect)   "
      + style.paint(check.worst == .expected ? "in order" : word, Self.tone(check.worst))
  }

  private static func word(_ level: GatewayAnswer.Level) -> String {
    switch level {
    case .expected: "as expected"
    case .odd: "odd"
    case .fault: "FAULT"
    }
  }

  private static func tone(_ level: GatewayAnswer.Level) -> Tone {
    switch level {
    case .expected: .plain
    case .odd: .warning
    case .fault: .bad
    }
  }

  // MARK: What it takes here

  private func advice(_ style: Style) -> [String] {
    var lines: [String] = check.timed.map { "takes on \($0.host)   \($0.timings.sentence)" }
    for host in check.timed {
      lines += check.advice(on: host, of: fleet).map {
        style.paint("means", .warning) + "   \($0)"
      }
    }
    lines += HostTimings.advice(onHoldsOf: fleet).map {
      style.paint("means", .warning) + "   \($0)"
    }
    return lines.isEmpty ? [] : [""] + lines
  }
}
