import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice accept`: shows what Doctor finds that nobody has accepted, and archives what a person
/// takes as good.
enum AcceptCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "accept", abstract: "Show Doctor's new findings; archive those that you take as good.",
      discussion:
        "Without --all and --finding it only shows them. What is accepted counts no more on that "
        + "host, by its check, requirement, path and target, until it gets worse; the ledger keeps "
        + "who accepted it and why.",
      group: "Move",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts (default: all gateways)", isRequired: false,
          isRepeatable: true)
      ],
      options: [
        OptionSpec("all", help: "accept every finding that is shown"),
        OptionSpec(
          "finding", valueName: "CHECK", help: "accept the findings of this check",
          isRepeatable: true),
        Options.actor, Options.reason,
      ],
      examples: [
        Example("sluice accept", "what is new, host by host"),
        Example("sluice accept mac-a --all --reason \"first install\"", "all of mac-a"),
        Example(
          "sluice accept --finding core/doctor/security --reason \"tokens stand in the file\"",
          "one check, on every host"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "nothing is new, or it was accepted"),
        (ExitCode.waitingForHuman.rawValue, "there are new findings, and nothing was accepted"),
        (ExitCode.error.rawValue, "a host does not answer, or did not accept"),
        (ExitCode.frozen.rawValue, "a controller holds the ledger"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let checks = command.values("finding")
    let acceptance = Acceptance(try FleetServices(fleet))
    let view = FindingsView(await acceptance.findings(of: wanted))
    guard command.flag("all") || !checks.isEmpty else {
      try terminal.show(view.lines(style: terminal.style), json: try view.json(accepted: [:]))
      return view.isSilent ? .error : view.isClean ? .done : .waitingForHuman
    }
    guard let reason = command.value("reason"), !reason.isEmpty else {
      throw command.usageError(
        "what is accepted is archived with a reason", remedy: "Add  --reason \"why this is good\"")
    }
    try view.requireAnswers()
    let chosen = try view.chosen(checks)
    guard !chosen.isEmpty else {
      try terminal.show(view.lines(style: terminal.style), json: try view.json(accepted: [:]))
      return .done
    }
    try await acceptance.accept(chosen, actor: command.actor, reason: reason)
    let count = chosen.values.reduce(0) { $0 + $1.count }
    try terminal.show(
      ["\(count) findings on \(chosen.count) hosts are accepted; the ledger has who and why."],
      json: try view.json(accepted: chosen))
    return .done
  }
}

/// New findings, host by host.
struct FindingsView {
  private let hosts: [(name: HostName, result: Result<FindingsReport, PortError>)]

  init(_ reports: [HostName: Result<FindingsReport, PortError>]) {
    hosts = reports.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private var reports: [(name: HostName, report: FindingsReport)] {
    hosts.compactMap { host in
      if case .success(let report) = host.result { (host.name, report) } else { nil }
    }
  }

  var isSilent: Bool { reports.count < hosts.count }
  var isClean: Bool { reports.allSatisfy { $0.report.new.isEmpty } }

  /// Half an acceptance is none: the hosts that are named must all have said what they find.
  func requireAnswers() throws(PortError) {
    for host in hosts {
      if case .failure(let error) = host.result {
        throw PortError(
          error.kind, "\(host.name) does not say what it finds: \(error.message)",
          remedy: "Name the hosts that do:  sluice accept HOST …")
      }
    }
  }

  /// The new findings of these checks; all of them when none is named.
  func chosen(_ checks: [String]) throws(PortError) -> [HostName: [DoctorFinding]] {
    var chosen: [HostName: [DoctorFinding]] = [:]
    for (name, report) in reports {
      let found = report.new.filter { checks.isEmpty || checks.contains($0.check) }
      if !found.isEmpty { chosen[name] = found }
    }
    for check in checks
    where !reports.contains(where: { $0.report.findings.contains { $0.check == check } }) {
      throw PortError(
        .refused, "no host has a finding \(check)", remedy: "See what there is:  sluice accept")
    }
    return chosen
  }

  func lines(style: Style) -> [String] {
    let trees = hosts.map { host -> TextTree in
      switch host.result {
      case .failure(let error):
        return TextTree(
          StyledText("\(host.name)   ") + StyledText("silent", .bad)
            + StyledText("   \(error.message)"))
      case .success(let report):
        let known = report.findings.count - report.new.count
        let head =
          report.new.isEmpty
          ? StyledText("nothing new", .good) : StyledText("\(report.new.count) new", .warning)
        return TextTree(
          StyledText("\(host.name)   ") + head + StyledText("   \(known) accepted", .faint),
          report.new.map { TextTree(Self.line($0)) })
      }
    }
    let next =
      isClean
      ? []
      : ["Take them as good:  sluice accept --all --reason \"…\"   or one:  --finding CHECK"]
    return trees.flatMap { $0.lines(style: style) } + next
  }

  private static func line(_ finding: DoctorFinding) -> StyledText {
    StyledText(finding.severity.rawValue, finding.severity == .error ? .bad : .warning)
      + StyledText("  \(finding.check)  \(finding.message)")
  }

  func json(accepted: [HostName: [DoctorFinding]]) throws -> JSONValue {
    var values: [String: JSONValue] = [:]
    for host in hosts {
      switch host.result {
      case .failure(let error): values[host.name.rawValue] = ["error": .string(error.message)]
      case .success(let report):
        values[host.name.rawValue] = [
          "new": try CanonicalJSON.encode(report.new),
          "accepted_before": .integer(Int64(report.findings.count - report.new.count)),
          "accepted_now": .integer(Int64(accepted[host.name]?.count ?? 0)),
        ]
      }
    }
    return ["schema": "sluice.findings-view/1", "hosts": .object(values)]
  }
}
