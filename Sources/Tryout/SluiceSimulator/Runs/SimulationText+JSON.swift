import SluiceCore
import SluiceJSON

extension SimulationText {
  public static func end(of report: WorldReport) -> String {
    "seed \(report.seed): \(report.end.rawValue) after \(Wording.duration(report.virtualMilliseconds)),"
      + " \(report.lines) lines, \(report.controllers) controllers, \(report.steps) steps"
  }

  public static func json(_ summary: SimulationSummary, wallMilliseconds: Int64)
    -> [String: JSONValue]
  {
    let ends = summary.ends.map { ($0.key.rawValue, JSONValue.integer(Int64($0.value))) }
    return [
      "schema": "sluice.simulation/1", "worlds": .integer(Int64(summary.worlds)),
      "repeats": .integer(Int64(summary.repeats)),
      "ends": .object(Dictionary(uniqueKeysWithValues: ends)),
      "faults": .object(summary.faults.mapValues { .integer(Int64($0)) }),
      "virtual_ms": .integer(summary.virtualMilliseconds),
      "wall_ms": .integer(wallMilliseconds),
      "successions": .integer(Int64(summary.restarts)), "steps": .integer(Int64(summary.steps)),
      "lines": .integer(Int64(summary.lines)),
    ]
  }

  public static func json(_ failure: SimulationFailure, replay: String, ledger: String?)
    -> JSONValue
  {
    [
      "seed": .string(String(failure.seed)),
      "violations": .array(failure.violations.map(json)),
      "faults": .array(failure.origin.faults.map { .string("\($0)") }),
      "only": .array(failure.only.map { .integer(Int64($0)) }), "replay": .string(replay),
      "world": .string(failure.origin.line), "ledger": ledger.map { .string($0) } ?? .null,
    ]
  }

  public static func json(_ report: WorldReport) -> JSONValue {
    [
      "schema": "sluice.world/1", "seed": .string(String(report.seed)),
      "end": .string(report.end.rawValue), "virtual_ms": .integer(report.virtualMilliseconds),
      "lines": .integer(Int64(report.lines)), "steps": .integer(Int64(report.steps)),
      "controllers": .integer(Int64(report.controllers)),
      "violations": .array(report.violations.map(json)),
    ]
  }

  private static func json(_ violation: Violation) -> JSONValue {
    [
      "number": .integer(Int64(violation.number)), "name": .string(violation.name),
      "what": .string(violation.what),
    ]
  }

  // MARK: Kill points

  public static func lines(_ summary: KillPointSummary, replay: String) -> [String] {
    let ends = WorldReport.End.allCases.compactMap { end in
      summary.ends[end].map { "\($0) \(end.rawValue)" }
    }.joined(separator: ", ")
    let line =
      "\(summary.scenario.rawValue): \(summary.singles) kill points, \(summary.pairs) pairs; \(ends)"
    guard let broken = summary.broken else { return [line] }
    let points = broken.points.map(String.init).joined(separator: ",")
    return [line] + broken.violations.prefix(3).map { "  breaks \($0)" }
      + ["  again:  \(replay)\(summary.scenario.rawValue) --kill \(points)"]
  }

  public static func json(_ summary: KillPointSummary) -> JSONValue {
    let ends = summary.ends.map { ($0.key.rawValue, JSONValue.integer(Int64($0.value))) }
    return [
      "scenario": .string(summary.scenario.rawValue),
      "kill_points": .integer(Int64(summary.singles)),
      "pairs": .integer(Int64(summary.pairs)),
      "ends": .object(Dictionary(uniqueKeysWithValues: ends)),
      "broken_at": .array((summary.broken?.points ?? []).map { .integer(Int64($0)) }),
      "violations": .array((summary.broken?.violations ?? []).map(json)),
    ]
  }
}
