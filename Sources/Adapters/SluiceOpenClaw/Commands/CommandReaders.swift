import SluiceCore

/// The meaning of the outputs of OpenClaw's program, by their bodies: lenient to unknown keys,
/// strict on the keys that decide something. Nil: the output is no such answer.
enum CommandReaders {
  /// Whether an output already is a whole answer to a command, though its program has not ended.
  static func isWhole(_ bytes: [UInt8], to command: OpenClawCommand) -> Bool {
    let output = CommandOutput(
      exit: nil, standardOutput: bytes, standardError: [], endedAfterAnswer: true)
    guard !output.written.isOpen else { return false }
    return switch command {
    case .version: version(output) != nil
    case .doctor: doctor(output) != nil
    case .config: configuration(output) != nil
    case .status: status(output) != nil
    case .skills: skills(output) != nil
    case .queue: queueDepth(output) != nil
    case .suspend: suspension(output) != nil
    case .resume: resumed(output) != nil
    }
  }

  // MARK: The build

  private struct VersionAnswer: Decodable {
    let version: String
  }

  /// `OpenClaw 2026.9.6 (eb377ac)`, or the runbook's `{"version": …}`. Two that differ are none.
  static func version(_ output: CommandOutput) -> String? {
    guard output.succeeded else { return nil }
    if let answer = output.decode(VersionAnswer.self) { return answer.version }
    let named = Set(output.written.lines.compactMap(version(in:)))
    return named.count == 1 ? named.first : nil
  }

  /// Whether the version came as JSON: only the runbook's program answers so.
  static func isVersionDocument(_ output: CommandOutput) -> Bool {
    output.decode(VersionAnswer.self) != nil
  }

  /// A line that is the version and no more.
  private static func version(in line: String) -> String? {
    let words = line.split(whereSeparator: \.isWhitespace)
    guard words.count == 2 || words.count == 3, words[0] == "OpenClaw",
      words[1].first?.isNumber == true,
      words.count == 2 || (words[2].hasPrefix("(") && words[2].hasSuffix(")"))
    else { return nil }
    return String(words[1])
  }

  // MARK: Doctor

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

  private struct Colour: Decodable {
    let status: MergedProbe.Doctor.Colour
  }

  /// Warnings and errors. The exit code says no more than the report: 1 for any finding.
  static func doctor(_ output: CommandOutput) -> DoctorReport? {
    if let report = output.decode(Report.self) {
      let findings = report.findings.map { finding in
        DoctorFinding(
          check: finding.checkId,
          // A severity of a later version: better taken too seriously.
          severity: DoctorFinding.Severity(rawValue: finding.severity) ?? .error,
          requirement: finding.requirement, path: finding.path, target: finding.target,
          message: finding.message ?? "")
      }
      return DoctorReport(
        findings: findings.filter { $0.severity != .info }, raw: output.standardOutput,
        note: output.note(on: Report.self))
    }
    guard output.count(of: Report.self) == 0 else { return nil }
    // The runbook's Doctor may say a colour and no more.
    guard let colour = output.decode(Colour.self)?.status else { return nil }
    let finding = DoctorFinding(
      check: "doctor/status", severity: colour == .red ? .error : .warning, requirement: nil,
      path: nil, target: nil, message: "Doctor is \(colour.rawValue) and does not say why")
    return DoctorReport(
      findings: colour == .green ? [] : [finding], raw: output.standardOutput,
      note: output.note(on: Colour.self))
  }

  /// Replaces Doctor's report in a build that has no read-only Doctor: the configuration's faults,
  /// and a note that nothing more was examined.
  static func doctorOfConfiguration(_ faults: [String], build: String) -> DoctorReport {
    let none = DoctorFinding(
      check: "sluice/no-doctor", severity: .warning, requirement: nil, path: nil, target: build,
      message: "OpenClaw \(build) has no Doctor that only reads; only its configuration is checked")
    let findings = faults.map {
      DoctorFinding(
        check: "config/validate", severity: .error, requirement: nil, path: nil, target: nil,
        message: $0)
    }
    let raw = ([none] + findings).map { "\($0.severity.rawValue) \($0.message)\n" }.joined()
    return DoctorReport(findings: [none] + findings, raw: Array(raw.utf8))
  }

  // MARK: The configuration

  private struct Validation: Decodable {
    struct Issue: Decodable {
      let path: String?
      let message: String
    }
    let valid: Bool
    let issues: [Issue]?
    let error: CommandOutput.Fault?
  }

  /// Every fault; empty when it is valid.
  ///
  /// - Parameter isLint: the runbook's lint may answer in lines.
  static func configuration(_ output: CommandOutput, isLint: Bool = false) -> [String]? {
    if let answer = output.decode(Validation.self) {
      if answer.valid { return [] }
      let issues = (answer.issues ?? []).map { issue in
        "\((issue.path ?? "<root>").shown): \(issue.message.shown)"
      }
      return issues.isEmpty ? [(answer.error?.message ?? "without a reason").shown] : issues
    }
    return isLint ? lint(output) : nil
  }

  /// The runbook's lint speaks in lines: none and exit code 0 is good, lines and another are faults.
  private static func lint(_ output: CommandOutput) -> [String]? {
    guard !output.timedOut, !output.wasTruncated, let exit = output.exit, !output.isNotOffered,
      output.fault == nil
    else { return nil }
    let lines = (output.text + output.errorText).split(whereSeparator: \.isNewline).map(\.shown)
    return (exit == 0) == lines.isEmpty ? lines : nil
  }

  // MARK: The running process

  static func skills(_ output: CommandOutput) -> Frames.Skills? {
    output.succeeded ? output.decode(Frames.Skills.self) : nil
  }

  struct Status: Decodable, Sendable {
    struct Server: Decodable, Sendable {
      let version: String?
      let buildId: String?
      let bootId: String?
    }
    struct Call: Decodable, Sendable {
      let ok: Bool
      let error: String?
      let server: Server?
    }
    struct Port: Decodable, Sendable {
      struct Listener: Decodable, Sendable {
        let pid: Int32?
      }
      let listeners: [Listener]?
    }
    let rpc: Call
    let port: Port?

    var pid: Int32? { port?.listeners?.compactMap(\.pid).first }
  }

  static func status(_ output: CommandOutput) -> Status? { output.decode(Status.self) }

  private struct Work: Decodable {
    struct Tasks: Decodable {
      let byStatus: [String: Int]
    }
    /// Only its length counts.
    struct Event: Decodable {
      init(from decoder: any Decoder) throws {}
    }
    let tasks: Tasks
    let queuedSystemEvents: [Event]?
  }

  /// Tasks and events that wait, of `status --json`.
  static func queueDepth(_ output: CommandOutput) -> Int? {
    guard output.succeeded, let work = output.decode(Work.self),
      let queued = work.tasks.byStatus["queued"]
    else { return nil }
    return max(0, queued) + (work.queuedSystemEvents?.count ?? 0)
  }

  /// `ready` or `busy`; a refusal is a fault in the body.
  static func suspension(_ output: CommandOutput) -> Frames.Suspension? {
    output.decode(Frames.Suspension.self)
  }

  static func resumed(_ output: CommandOutput) -> Bool? {
    output.decode(Frames.Resumed.self)?.ok
  }

  // MARK: A skill on disk

  private struct SkillAnswer: Decodable {
    let name: String
    let filePath: String
    let source: String?
  }

  enum SkillOnDisk: Sendable, Equatable {
    case found(path: String, source: String)
    /// Exit code 0 with an error in the body before 2026.9. The reason is on standard error, if
    /// anywhere.
    case notFound(why: String?)
  }

  /// `skills info NAME --json`: what a new process reads on the disk. It proves nothing of the running
  /// one, but its log says why a skill is left out.
  static func skill(_ output: CommandOutput) -> SkillOnDisk? {
    if let skill = output.decode(SkillAnswer.self) {
      return .found(path: skill.filePath, source: skill.source ?? "")
    }
    guard let fault = output.fault, fault.message.contains("not found") else { return nil }
    let why = output.errorText.split(whereSeparator: \.isNewline)
      .first { $0.contains("Skipping") || $0.contains("skill") }
    return .notFound(why: why.map(\.shown))
  }
}
