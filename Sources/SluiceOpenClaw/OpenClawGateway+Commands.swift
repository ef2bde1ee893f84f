import SluiceCore
import SluicePorts
import SluiceSystem

/// What has no protocol: the command-line program. Slow: each call starts a Node process.
extension OpenClawGateway {
  private struct Report: Decodable {
    struct Finding: Decodable {
      let checkId: String
      let severity: String
      let message: String?
      let requirement: String?
      let path: String?
      let target: String?
    }
    let findings: [Finding]
  }

  private struct Validation: Decodable {
    struct Issue: Decodable {
      let path: String?
      let message: String
    }
    let valid: Bool
    let issues: [Issue]?
    let error: Fault?
  }

  private struct Failure: Decodable {
    let error: Fault
  }

  /// `"file not found"` in 2026.7, an object since.
  private struct Fault: Decodable {
    private struct Object: Decodable {
      let message: String?
    }
    let message: String

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        message = text
      } else {
        message = try Object(from: decoder).message ?? "without a message"
      }
    }
  }

  /// Warnings and errors: `--lint` only reads, without it Doctor would repair. The exit code says no
  /// more than the report: 1 for any finding.
  public func doctor() async throws(PortError) -> DoctorReport {
    let arguments = ["doctor", "--lint", "--json", "--severity-min", "warning"]
    let outcome = try await run(arguments)
    guard let report = JSONText.decode(Report.self, outcome.standardOutput) else {
      throw failure(of: outcome, arguments)
    }
    let findings = report.findings.map { finding in
      DoctorFinding(
        check: finding.checkId,
        // A severity of a later version: better taken too seriously.
        severity: DoctorFinding.Severity(rawValue: finding.severity) ?? .error,
        requirement: finding.requirement, path: finding.path, target: finding.target,
        message: finding.message ?? "")
    }
    return DoctorReport(
      findings: findings.filter { $0.severity != .info }, raw: outcome.standardOutput)
  }

  public func configurationFaults() async throws(PortError) -> [String] {
    let arguments = ["config", "validate", "--json"]
    let outcome = try await run(arguments)
    guard let answer = JSONText.decode(Validation.self, outcome.standardOutput) else {
      throw failure(of: outcome, arguments)
    }
    if answer.valid { return [] }
    let issues = (answer.issues ?? []).map { issue in
      "\((issue.path ?? "<root>").shown): \(issue.message.shown)"
    }
    return issues.isEmpty ? [(answer.error?.message ?? "without a reason").shown] : issues
  }

  private func run(_ arguments: [String]) async throws(PortError) -> ProcessOutcome {
    let outcome: ProcessOutcome
    do throws(SystemError) {
      outcome = try await Processes.run(
        ProcessCommand(
          spec.cli, arguments, environment: spec.environment, deadline: deadlines.command,
          outputLimit: 4 << 20))
    } catch {
      throw PortError(
        .failed, "\(spec.cli) cannot be run: \(error)",
        remedy: "Name OpenClaw's program with its absolute path as openclaw.cli of this host.")
    }
    if outcome.timedOut {
      throw PortError(
        .failed,
        "\(command(arguments)) did not end within \(deadlines.command.wholeMilliseconds) ms",
        remedy: "See whether the host is overloaded: it takes 2 to 19 s.")
    }
    if outcome.outputTruncated {
      throw PortError(.failed, "\(command(arguments)) wrote more than 4 MiB")
    }
    return outcome
  }

  private func failure(of outcome: ProcessOutcome, _ arguments: [String]) -> PortError {
    let ending =
      switch outcome.termination {
      case .exited(let code): "exit code \(code)"
      case .signalled(let signal): "signal \(signal)"
      }
    let reason =
      JSONText.decode(Failure.self, outcome.standardOutput)?.error.message
      ?? outcome.errorText.split(whereSeparator: \.isNewline).last.map(String.init)
      ?? "it wrote nothing that is JSON"
    return PortError(
      .failed, "\(command(arguments)) gave no report (\(ending)): \(reason.shown)",
      remedy: "Run it by hand on this host; Sluice needs OpenClaw 2026.7 or later for it.")
  }

  private func command(_ arguments: [String]) -> String {
    ([spec.cli] + arguments).joined(separator: " ")
  }
}
