import SluiceCore
import SluiceJSON

/// What is to be read of a trial in a plan, or why one is worth while.
public enum TrialFigures: Sendable, Hashable {
  case tried(TrialRecord)
  /// The state's schemas change, and the build was not tried: the command that tries it.
  case offered(NextAction)

  /// Nil: nothing is to be said.
  init?(_ plan: Plan) {
    if let trial = plan.trial {
      self = .tried(trial)
    } else if TrialCheck.isWorthwhile(plan), plan.purpose == .promote {
      self = .offered(.tryBuild(plan.to.tag))
    } else {
      return nil
    }
  }

  public var severity: Severity {
    switch self {
    case .tried(let trial): trial.report.isPassed ? .good : .bad
    case .offered: .plain
    }
  }

  /// The first sentence, and what belongs to it.
  public var sentences: [String] {
    switch self {
    case .tried(let trial): Self.sentences(trial)
    case .offered(let action):
      ["not tried on a copy of the state. Try the new build there first:  \(action.text)"]
    }
  }

  private static func sentences(_ trial: TrialRecord) -> [String] {
    let report = trial.report
    let digest = report.daemon.map { " (\($0.short))" } ?? ""
    let verdict =
      report.fault.map { "FAILED on a copy of \(trial.host)'s state: \($0)" }
      ?? "passed on a copy of \(trial.host)'s state"
    let what = "OpenClaw \(report.version)\(digest) \(verdict)"
    return [what, figures(report)] + counts(report)
      + report.remarks.map { "but: \($0)" } + report.notAsked.map { "not asked: \($0)" }
  }

  private static func figures(_ report: TrialReport) -> String {
    var parts = [
      "copied \(Wording.bytes(report.bytes)) in \(Wording.duration(report.copyMilliseconds))"
    ]
    if let ready = report.readyMilliseconds {
      parts.append("migrated and ready after \(Wording.duration(ready))")
    }
    if let doctor = report.doctorMilliseconds {
      parts.append("Doctor \(Wording.duration(doctor))")
    }
    if report.grownBytes > 0 { parts.append("grew by \(Wording.bytes(report.grownBytes))") }
    return parts.joined(separator: ", ")
      + "; \(Wording.duration(report.totalMilliseconds)) in all, the copy is removed"
  }

  private static func counts(_ report: TrialReport) -> [String] {
    guard let after = report.after else { return [] }
    let parts = [
      ("files", Optional(report.before.files), Optional(after.files)),
      ("sessions", report.before.sessions, after.sessions),
      ("agents", report.before.agents, after.agents),
    ].compactMap { name, before, after -> String? in
      guard let before, let after else { return nil }
      return "\(name) \(before) → \(after)"
    }
    return [parts.joined(separator: ", ")]
  }

  /// Null without a trial.
  var json: JSONValue {
    guard case .tried(let trial) = self else { return .null }
    let report = trial.report
    let texts = { (texts: [String]) in JSONValue.array(texts.map { .string($0) }) }
    let number = { (value: Int64?) in value.map { JSONValue.integer($0) } ?? .null }
    return [
      "host": .string(trial.host.rawValue), "operation": .string(trial.operation.rawValue),
      "openclaw": .string(report.version),
      "daemon": report.daemon.map { .string($0.text) } ?? .null,
      "verdict": report.isPassed ? "passed" : "failed",
      "fault": report.fault.map { .string($0) } ?? .null, "remarks": texts(report.remarks),
      "not_asked": texts(report.notAsked), "before": Self.json(report.before),
      "after": report.after.map(Self.json) ?? .null, "bytes": .integer(report.bytes),
      "grown_bytes": .integer(report.grownBytes), "copy_ms": .integer(report.copyMilliseconds),
      "ready_ms": number(report.readyMilliseconds), "doctor_ms": number(report.doctorMilliseconds),
      "total_ms": .integer(report.totalMilliseconds),
    ]
  }

  private static func json(_ count: TrialCount) -> JSONValue {
    let number = { (value: Int?) in value.map { JSONValue.integer(Int64($0)) } ?? .null }
    return [
      "files": .integer(Int64(count.files)), "sessions": number(count.sessions),
      "agents": number(count.agents),
    ]
  }
}
