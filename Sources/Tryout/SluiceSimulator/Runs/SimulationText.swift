import SluiceCore

/// The text of a simulation's results.
public enum SimulationText {
  public static func lines(_ summary: SimulationSummary, wallMilliseconds: Int64) -> [String] {
    let days = Double(summary.virtualMilliseconds) / 86_400_000
    let rate = Double(summary.worlds) * 1_000 / Double(max(1, wallMilliseconds))
    let faults = summary.faults.values.reduce(0, +)
    let seeds = summary.repeats > 0 ? " of \(summary.worlds + summary.repeats) seeds" : ""
    var lines = [
      "\(summary.worlds) worlds\(seeds) in \(Wording.duration(wallMilliseconds)), \(Int(rate)) a second; "
        + "\(tenths(days)) days of virtual time",
      "\(faults) faults, \(summary.restarts) successions, \(summary.steps) steps of controllers, "
        + "\(summary.lines) lines of ledger",
      "ended: "
        + WorldReport.End.allCases.compactMap { end in
          summary.ends[end].map { "\($0) \(end.rawValue)" }
        }.joined(separator: ", "),
    ]
    for (kind, count) in summary.faults.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append("  \(pad(kind, 26))\(count)")
    }
    return lines
  }

  /// Seed, invariants, the faults that are enough, and how to see it again.
  public static func lines(_ failure: SimulationFailure, replay: String, ledger path: String?)
    -> [String]
  {
    var lines = ["seed \(failure.seed) breaks:"]
    lines += failure.violations.prefix(5).map { "  \($0)" }
    lines.append(
      failure.origin.faults.isEmpty ? "without any fault" : "with no more than these faults:")
    lines += failure.origin.faults.map { "  \($0)" }
    lines.append("the ledger of that world ends so:")
    lines += failure.report.ledger.suffix(8).map { line in
      let text = String(decoding: line.bytes.prefix(160), as: UTF8.self)
      return "  \(line.entry.n) \(line.entry.kind)  \(text)"
    }
    if let path { lines.append("all of it: \(path)") }
    lines.append("for the seeds file:  \(failure.origin.line)")
    return lines + ["again:  \(replay)"]
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
