// The way up: preflight, shadow, prove, ramp, mirror, settle.

extension Promotion {
  mutating func climb(after outcome: Outcome, of command: Command, at moment: Moment) -> [Order] {
    switch (command, outcome) {
    case (.conclude(let conclusion), _):
      phase = .concluded(conclusion)
      return []
    case (.preflight, .inspected(let blockers)):
      guard blockers.isEmpty else { return conclude(.refused(reasons: blockers)) }
      enter(.shadowing, at: moment)
      return advance(at: moment)
    case (.preflight, .failed(let failure)):
      return conclude(.refused(reasons: [failure.message]))
    case (.assess, .assessed(let watch)):
      return judge(watch, at: moment)
    case (_, .failed(let failure)):
      return beginRollback(failure.message, at: moment)
    case (.swing(let order), .swung(let report)):
      if let fault = fault(of: report, after: order) { return beginRollback(fault, at: moment) }
      return advance(at: moment)
    default:
      return advance(at: moment)
    }
  }

  /// The next orders of the way up, once nothing is outstanding. A pause keeps it from moving, but
  /// not from watching while the new release has traffic.
  mutating func advance(at moment: Moment) -> [Order] {
    guard outstanding.isEmpty else { return [] }
    guard !isPaused else {
      guard hasTraffic else { return [] }
      since = moment
      pausedAt = moment
      return [order(assessment())]
    }
    switch phase {
    case .planned, .preflight, .concluded, .rollingBack, .rolledBackUnverified: return []
    case .shadowing: return shadow(at: moment)
    case .proving(let proof): return prove(after: proof, at: moment)
    case .ramping(let index): return hold(step: index, at: moment)
    case .mirroring(let index): return mirror(index, at: moment)
    case .settling: return settle(at: moment)
    }
  }

  /// Whether users are on the new release in this phase.
  private var hasTraffic: Bool {
    switch phase {
    case .ramping, .mirroring, .settling: true
    default: false
    }
  }

  private mutating func shadow(at moment: Moment) -> [Order] {
    let missing = plan.canaries.filter { hosts[$0]?.isPlaced != true }
    if !missing.isEmpty { return missing.map { order(.place($0)) } }
    enter(.proving(.forward), at: moment)
    return swingCanaries(to: plan.to)
  }

  private mutating func prove(after proof: Phase.Proof, at moment: Moment) -> [Order] {
    switch proof {
    case .forward:
      enter(.proving(.back), at: moment)
      return swingCanaries(to: plan.from)
    case .back:
      recoveryMilliseconds = plan.canaries.compactMap { hosts[$0]?.lastSwing?.totalMilliseconds }
        .max()
      enter(.proving(.again), at: moment)
      return swingCanaries(to: plan.to)
    case .again:
      return climbTo(step: 0, at: moment)
    }
  }

  private mutating func swingCanaries(to release: Release) -> [Order] {
    plan.canaries.map {
      order(
        .swing(SwingOrder(host: $0, release: release, next: plan.to.lock.skills.version)))
    }
  }

  /// Why a swing that "worked" does not prove that the host runs what it was swung to.
  func unproven(_ report: SwingReport, after order: SwingOrder) -> String? {
    guard report.after.marker == order.release.marker else {
      let says = report.after.marker.map(\.version) ?? "no release"
      return "\(order.host) reports \(says) after its swing to \(order.release.lock.skills.version)"
    }
    if report.probe.status == .fail {
      let reason = report.probe.reasons.first { $0.level == .fail }?.message ?? "no reason given"
      return "the probe of \(order.host) is fail after its swing: \(reason)"
    }
    return nil
  }

  /// What a swing must also show before the way up rests on it.
  private func fault(of report: SwingReport, after order: SwingOrder) -> String? {
    if let fault = unproven(report, after: order) { return fault }
    if order.release == plan.snapshot.release,
      let archived = plan.snapshot.hosts[order.host]?.fingerprint,
      report.probe.fingerprint != archived
    {
      return "\(order.host) did not come back to its archived state: fingerprint "
        + "\(report.probe.fingerprint.short), archived \(archived.short)"
    }
    return nil
  }

  private mutating func climbTo(step index: Int, at moment: Moment) -> [Order] {
    enter(.ramping(index), at: moment)
    watch = nil
    let share = plan.fleet.ramp.steps[index].share
    steps.append(
      StepRecord(intended: share, measured: nil, canarySessions: 0, beganAt: moment))
    return [order(.apply(nextWeights(share: share)))]
  }

  /// The share was read back: the hold begins.
  private mutating func hold(step index: Int, at moment: Moment) -> [Order] {
    since = moment
    return [order(assessment())]
  }

  private func assessment() -> Command {
    .assess(
      generation: weights.generation,
      afterMilliseconds: plan.fleet.judge.intervalMilliseconds)
  }

  private mutating func judge(_ watch: Watch, at moment: Moment) -> [Order] {
    switch phase {
    case .ramping(let index): return judgeStep(index, watch, at: moment)
    case .settling: return judgeBake(watch, at: moment)
    default: return advance(at: moment)
    }
  }

  private mutating func judgeStep(_ index: Int, _ watch: Watch, at moment: Moment) -> [Order] {
    let gates = stepGates(at: moment)
    if let refusal = gates.first(where: { $0.answer == .refuses }) {
      verdictAt = moment
      let why = gates.first { !$0.isOpen && $0.answer != .refuses }
      let because = refusal.name == "progress" ? why.map { " \($0.paragraph)" } ?? "" : ""
      return beginRollback(refusal.paragraph + because, at: moment)
    }
    guard gates.allSatisfy(\.isOpen) else { return [order(assessment())] }
    if index + 1 < plan.fleet.ramp.steps.count { return climbTo(step: index + 1, at: moment) }
    enter(.mirroring(0), at: moment)
    return mirror(0, at: moment)
  }

  /// The gates of the ramp's current step; empty outside the ramp.
  public func stepGates(at moment: Moment) -> [GateResult] {
    guard case .ramping(let index) = phase else { return [] }
    return StepGates.evaluate(
      StepView(
        step: plan.fleet.ramp.steps[index], policy: plan.fleet.probe, limits: plan.fleet.judge,
        intended: weights.share, heldMilliseconds: moment.milliseconds(since: since) ?? 0,
        pausedMilliseconds: pausedMilliseconds, watch: watch, isPaused: isPaused,
        canaries: plan.canaries))
  }

  /// Each stable gateway in turn: place, then swing.
  private mutating func mirror(_ index: Int, at moment: Moment) -> [Order] {
    guard index < plan.stables.count else {
      enter(.settling, at: moment)
      return [order(.apply(nextWeights(share: plan.snapshot.weights.share)))]
    }
    let host = plan.stables[index]
    if hosts[host]?.isPlaced != true { return [order(.place(host))] }
    if hosts[host]?.runs != .to {
      return [
        order(
          .swing(SwingOrder(host: host, release: plan.to, next: plan.to.lock.skills.version)))
      ]
    }
    enter(.mirroring(index + 1), at: moment)
    return mirror(index + 1, at: moment)
  }

  private mutating func settle(at moment: Moment) -> [Order] {
    if hosts.values.allSatisfy({ $0.runs == .to }), isArchived {
      return conclude(.completed)
    }
    since = moment
    return [order(assessment())]
  }

  private mutating func judgeBake(_ watch: Watch, at moment: Moment) -> [Order] {
    let held = moment.milliseconds(since: since) ?? 0
    let unwell = watch.hosts.sorted { $0.key < $1.key }.filter { $0.value.status != .ok }
    if let (host, state) = unwell.first(where: { $0.value.status == .fail }) {
      return beginRollback(
        "the probe of \(host) failed while all settled: \(state.reason ?? "no reason given")",
        at: moment)
    }
    let bound = plan.fleet.bakeMilliseconds + plan.fleet.judge.progressMilliseconds
    if held - pausedMilliseconds >= bound, !isPaused,
      let (host, state) = unwell.first
    {
      return beginRollback(
        "\(host) did not become ok: \(state.reason ?? "it does not answer")", at: moment)
    }
    guard held >= plan.fleet.bakeMilliseconds, unwell.isEmpty, !isPaused else {
      return [order(assessment())]
    }
    isArchived = true
    return [order(.archive)]
  }
}
