import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

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
    let findings = FleetFindings(await acceptance.findings(of: wanted))
    let lines = FindingsView(findings).lines(style: terminal.style)
    guard command.flag("all") || !checks.isEmpty else {
      try terminal.show(lines, json: try findings.json(accepted: [:]))
      return findings.isSilent ? .error : findings.isClean ? .done : .waitingForHuman
    }
    guard let reason = command.value("reason"), !reason.isEmpty else {
      throw command.usageError(
        "what is accepted is archived with a reason", remedy: "Add  --reason \"why this is good\"")
    }
    let chosen = try findings.chosen(checks)
    guard !chosen.isEmpty else {
      try terminal.show(lines, json: try findings.json(accepted: [:]))
      return .done
    }
    try await acceptance.accept(chosen, actor: command.actor, reason: reason)
    let count = chosen.values.reduce(0) { $0 + $1.count }
    try terminal.show(
      ["\(count) findings on \(chosen.count) hosts are accepted; the ledger has who and why."],
      json: try findings.json(accepted: chosen))
    return .done
  }
}

/// New findings, host by host.
struct FindingsView {
  let findings: FleetFindings

  init(_ findings: FleetFindings) { self.findings = findings }

  func lines(style: Style) -> [String] {
    let trees = findings.hosts.map { host -> TextTree in
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
      findings.isClean
      ? []
      : ["Take them as good:  sluice accept --all --reason \"…\"   or one:  --finding CHECK"]
    return trees.flatMap { $0.lines(style: style) } + next
  }

  private static func line(_ finding: DoctorFinding) -> StyledText {
    StyledText(finding.severity.rawValue, finding.severity == .error ? .bad : .warning)
      + StyledText("  \(finding.check)  \(finding.message)")
  }
}
