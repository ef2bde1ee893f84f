import SluiceCore

// 28: the judge decides by the answers that clients got.

extension Invariants {
  /// A promotion must not widen over a step in which no canary session was answered well, nor over
  /// one in which a fault was far more frequent on the canary. A canary that failed no client must
  /// not be rolled back for being slower than a stable arm that fails most.
  mutating func checkAnswers(_ answers: [StepAnswers]) {
    for line in lines {
      guard let before = history.lineBefore(line)?.after, case .ramping(let index) = before.phase
      else { continue }
      switch line.after.phase {
      case .ramping(let next) where next > index:
        checkWidening(over: sum(of: before.weights.generation, by: line, answers), index)
        checkStrays(before.weights, line, answers, index)
      case .mirroring:
        checkWidening(over: sum(of: before.weights.generation, by: line, answers), index)
        checkStrays(before.weights, line, answers, index)
      case .rollingBack:
        checkTakenBack(line, sum(of: before.weights.generation, by: line, answers))
      default: break
      }
    }
  }

  /// The sum of the answers before a line.
  private func sum(
    of generation: Int64, by line: Line, _ answers: [StepAnswers]
  ) -> StepAnswers {
    var sum = StepAnswers(generation: generation, lines: line.index)
    for step in answers where step.generation == generation && step.lines <= line.index {
      sum.add(step)
    }
    return sum
  }

  private mutating func checkWidening(over step: StepAnswers, _ index: Int) {
    let (canary, stable) = (step.canary, step.stable)
    expect(
      canary.good > 0, 28, "judge what people got",
      "step \(index) widened, and none of \(canary.sessions) canary sessions was answered well")
    guard canary.sessions >= 20, stable.sessions >= 20 else { return }
    for fault in AnswerFault.allCases {
      let isClear =
        canary[fault] * 100 * stable.sessions
        >= (stable[fault] * 100 + 50 * stable.sessions) * canary.sessions
      expect(
        !isClear, 28, "judge what people got",
        "step \(index) widened, and \(canary[fault]) of \(canary.sessions) canary sessions got "
          + "\(fault.words), \(stable[fault]) of \(stable.sessions) stable ones")
    }
  }

  /// 34: a step widens only while every session of its tenants went to the canary. What the log tells
  /// between two lines may come after the look at it.
  private mutating func checkStrays(
    _ weights: Weights, _ line: Line, _ answers: [StepAnswers], _ index: Int
  ) {
    guard !weights.tenants.isEmpty else { return }
    let strays = answers.filter { $0.generation == weights.generation && $0.lines < line.index }
      .reduce(0) { $0 + $1.strays }
    expect(
      strays == 0, 34, "tenants",
      "step \(index) widened, and \(strays) sessions of its tenants went to a stable gateway")
  }

  private mutating func checkTakenBack(_ line: Line, _ step: StepAnswers) {
    let (canary, stable) = (step.canary, step.stable)
    // The canary failed no client, and its gateways report no failed run: so the verdict against it
    // rests on latency.
    guard case .gate(.verdict, _)? = line.after.rollbackCause,
      let assessment = line.after.watch?.assessment, assessment.canary.errors == 0,
      (assessment.runs?.canary.faults ?? 0) == 0, canary.sessions > 0, canary.bad == 0,
      stable.sessions >= 20
    else { return }
    expect(
      stable.bad * 5 < stable.sessions * 3, 28, "judge what people got",
      "a canary that failed nobody was taken back for its latency, while "
        + "\(stable.bad) of \(stable.sessions) stable sessions failed")
  }
}

extension StepAnswers {
  fileprivate mutating func add(_ other: StepAnswers) {
    canary.add(other.canary)
    stable.add(other.stable)
  }
}
