import SluiceCore

// The promotion's reaction to each ledger line: rules found by mutants that nothing else killed.

extension Invariants {
  mutating func checkDeeds() {
    let first = Dictionary(lines.map { ($0.epoch, $0.index) }) { first, _ in first }
    for effect in effects {
      if case .fault = effect.kind { continue }
      let isKnown = first[effect.epoch].map { $0 < effect.lines } ?? false
      expect(
        isKnown, 14, "one writer",
        "\(effect.kind) under epoch \(effect.epoch), which no line of the ledger has")
    }
    let wasPaused = lines.contains {
      if case .asked(let request) = $0.event { request.action == .pause } else { false }
    }
    for line in lines {
      guard let before = history.lineBefore(line) else { continue }
      checkBelief(line, before.after)
      checkPause(line, before.after)
      checkPatience(line, before.after)
      if !wasPaused { checkProgress(line, before.after) }
      checkDrain(line, before.after)
    }
  }

  /// 17: after a swing that failed, the host's release is unknown.
  private mutating func checkBelief(_ line: Line, _ before: Promotion) {
    guard case .finished(let id, let outcome) = line.event,
      let order = before.outstanding.first(where: { $0.id == id })
    else { return }
    guard case .swing(let swing) = order.command, case .failed = outcome else { return }
    expect(
      line.after.hosts[swing.host]?.runs == .unknown, 17, "unknown is not success",
      "\(id) failed, and what \(swing.host) runs is lastKnown to be known")
  }

  /// 21: a step that is not paused ends within its dwell and the progress deadline: it widens or
  /// rolls back.
  private mutating func checkProgress(_ line: Line, _ before: Promotion) {
    guard case .finished(_, .assessed) = line.event, case .ramping(let step) = before.phase,
      line.after.phase == before.phase
    else { return }
    let bound =
      plan.fleet.ramp.steps[step].holdMilliseconds + plan.fleet.judge.progressMilliseconds
    let held = line.moment.milliseconds(since: before.since) ?? 0
    expect(held < bound, 21, "liveness", "step \(step) still holds after \(held) ms of \(bound)")
  }

  /// 21: the time of a pause is not held against a step.
  private mutating func checkPatience(_ line: Line, _ before: Promotion) {
    guard case .ramping(let step) = before.phase, line.after.phase.isRollingBack,
      case .gate(.progress, _)? = line.after.rollbackCause,
      let held = line.moment.milliseconds(since: before.since)
    else { return }
    var paused: Int64 = 0
    var since: Moment?
    for earlier in lines[..<line.index] {
      guard case .asked(let request) = earlier.event else { continue }
      if request.action == .pause { since = since ?? earlier.moment }
      guard request.action == .resume, let began = since else { continue }
      since = nil
      let from = max(0, began.milliseconds(since: before.since) ?? 0)
      paused += max(0, (earlier.moment.milliseconds(since: before.since) ?? 0) - from)
    }
    let bound =
      plan.fleet.ramp.steps[step].holdMilliseconds + plan.fleet.judge.progressMilliseconds
    expect(
      held - paused >= bound, 21, "liveness",
      "step \(step) was given up after \(held) ms, \(paused) ms of them paused, of \(bound)")
  }

  /// 6: while a promotion is paused, it orders nothing that moves; only a rollback continues.
  private mutating func checkPause(_ line: Line, _ before: Promotion) {
    if case .asked(let request) = line.event, request.action == .pause {
      expect(
        line.after.isPaused || line.after.phase.isRollingBack || line.after.phase.isTerminal, 6,
        "gate",
        "it was paused while \(before.phase.title), and is not")
    }
    guard before.isPaused, line.after.isPaused, !line.after.phase.isRollingBack else { return }
    let ordered = line.after.outstanding.filter { !before.outstanding.contains($0) }
    expect(
      !ordered.contains(where: \.command.moves), 6, "gate",
      "\(ordered.map(\.command.kind.rawValue)) was ordered in a pause")
  }

  /// 12: during a rollback no client stays pinned to the new release.
  private mutating func checkDrain(_ line: Line, _ before: Promotion) {
    guard !before.phase.isRollingBack, line.after.phase.isRollingBack else { return }
    let isUnpinned = line.after.outstanding.contains { order in
      if case .apply(let weights) = order.command {
        weights.pinEpoch > before.weights.pinEpoch
      } else {
        false
      }
    }
    expect(isUnpinned, 12, "rollback order", "the drain leaves clients pinned")
  }

  /// 6: a verdict rests on sessions of its own step, each once.
  mutating func checkEvidence(canarySessions: [Int64: Int]) {
    for line in lines {
      guard case .finished(_, .assessed(let watch)) = line.event else { continue }
      let there = canarySessions[watch.assessment.generation] ?? 0
      expect(
        watch.assessment.canary.sessions <= there, 6, "gate",
        "\(watch.assessment.canary.sessions) canary sessions of generation "
          + "\(watch.assessment.generation) were judged, there were \(there)")
    }
  }
}
