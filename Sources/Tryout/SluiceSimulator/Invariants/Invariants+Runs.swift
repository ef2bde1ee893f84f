import SluiceCore

// 28: what agents did is judged, too, where the gateways' ledgers tell of it.

extension Invariants {
  /// A promotion must not widen over a step in which all of the canary's runs failed and the stable
  /// arm's runs went well, whatever the answers to its clients were. Where the session log was lost
  /// or late, or the clock jumped, the step of a run is unknown.
  static func checkRuns(_ world: World, _ history: History) -> [Violation] {
    let blurred = ["evidenceIsLost", "evidenceIsCutOff", "wallClockJumps"]
    guard let steps = world.traffic.ledgers?.steps,
      !blurred.contains(where: { world.counts[$0] != nil })
    else { return [] }
    var found: [Violation] = []
    for line in history.lines {
      guard let before = history.lineBefore(line)?.after, case .ramping(let index) = before.phase,
        line.after.phase != before.phase, !line.after.phase.isRollingBack,
        !line.after.phase.isTerminal
      else { continue }
      var (canary, stable) = (StepRuns.Arm(), StepRuns.Arm())
      for step in steps
      where step.generation == before.weights.generation && step.lines <= line.index {
        canary.add(step.canary)
        stable.add(step.stable)
      }
      guard canary.runs >= leastRuns, canary.failed == canary.runs, stable.runs >= 20,
        stable.failed * 20 <= stable.runs
      else { continue }
      found.append(
        Violation(
          number: 28, name: "judge what people got",
          what: "step \(index) widened, and all \(canary.runs) runs of the canary had failed"))
    }
    return found
  }

  private static let leastRuns = 3
}

extension StepRuns.Arm {
  fileprivate mutating func add(_ other: Self) {
    runs += other.runs
    failed += other.failed
  }
}
