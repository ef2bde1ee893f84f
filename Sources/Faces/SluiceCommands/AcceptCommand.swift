import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus

/// `sluice accept`: shows Doctor's new findings, and archives those that a person accepts.
enum AcceptCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "accept", abstract: "Show Doctor's new findings, and accept those that you think are good.",
      discussion:
        "Without --all and --finding the command only shows the findings. Sluice ignores an accepted "
        + "finding on that host until the finding gets worse. Check, requirement, path and target "
        + "tell which finding it is. The ledger keeps who accepted the finding, and why.",
      group: "Move",
      arguments: [
        ArgumentSpec(
          "HOST", help: "only these hosts (default: all gateways)", isRequired: false,
          isRepeatable: true)
      ],
      options: [
        OptionSpec("all", help: "accept every new finding"),
        OptionSpec(
          "finding", valueName: "CHECK", help: "accept the findings of this check",
          isRepeatable: true),
        Options.actor, Options.reason,
      ],
      examples: [
        Example("sluice accept", "show the new findings, host by host"),
        Example(
          "sluice accept mac-a --all --reason \"first install\"", "accept all findings of mac-a"),
        Example(
          "sluice accept --finding core/doctor/security --reason \"tokens stand in the file\"",
          "accept the findings of one check on every host"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "there is no new finding, or the findings were accepted"),
        (ExitCode.waitingForHuman.rawValue, "there are new findings, and nothing was accepted"),
        (ExitCode.error.rawValue, "a host does not answer, or did not archive the findings"),
        (ExitCode.frozen.rawValue, "a controller holds the ledger"),
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let wanted = try command.hosts(of: fleet)
    let checks = command.values("finding")
    let acceptance = Acceptance(try FleetServices(fleet))
    let findings = FleetFindings(await acceptance.findings(of: wanted))
    let lines = FindingsView(findings).lines(width: terminal.width, style: terminal.style)
    guard command.flag("all") || !checks.isEmpty else {
      try terminal.show(lines, json: try findings.json(accepted: [:]))
      return findings.isSilent ? .error : findings.isClean ? .done : .waitingForHuman
    }
    guard let reason = command.value("reason"), !reason.isEmpty else {
      throw command.usageError(
        "an acceptance needs a reason, which the ledger keeps",
        remedy: "Add  --reason \"why this is good\"")
    }
    let chosen = try findings.chosen(checks)
    guard !chosen.isEmpty else {
      try terminal.show(lines, json: try findings.json(accepted: [:]))
      return .done
    }
    try await acceptance.accept(chosen, actor: command.actor, reason: reason)
    let count = chosen.values.reduce(0) { $0 + $1.count }
    try terminal.show(
      ["Accepted \(amount(count, chosen.count)). The ledger keeps who accepted, and why."],
      json: try findings.json(accepted: chosen))
    return .done
  }

  private static func amount(_ findings: Int, _ hosts: Int) -> String {
    (findings == 1 ? "1 finding" : "\(findings) findings")
      + (hosts == 1 ? " on 1 host" : " on \(hosts) hosts")
  }
}

/// New findings, host by host.
struct FindingsView {
  let findings: FleetFindings

  init(_ findings: FleetFindings) { self.findings = findings }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
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
      : [
        "Accept all of them:  sluice accept --all --reason \"…\"",
        "Accept one check:    sluice accept --finding CHECK --reason \"…\"",
      ]
    return trees.flatMap { $0.lines(width: width, style: style) } + next
  }

  private static func line(_ finding: DoctorFinding) -> StyledText {
    StyledText(finding.severity.rawValue, finding.severity == .error ? .bad : .warning)
      + StyledText("  \(finding.check)  \(finding.message)")
  }
}
