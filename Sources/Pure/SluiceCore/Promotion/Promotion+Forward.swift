// The way forward: preflight, shadow, proof, ramp, mirror, settling.

extension Promotion {
  mutating func goForward(after outcome: Outcome, of command: Command, at moment: Moment) -> [Order]
  {
    switch (command, outcome) {
    case (.conclude(let conclusion), _):
      phase = .concluded(conclusion)
      return []
    case (.preflight, .inspected(let blockers)):
      let refusals = blockers + [frozen.faultOfApproval(approval)].compactMap(\.self)
      guard refusals.isEmpty else { return conclude(.refused(reasons: refusals)) }
      enter(.shadowing, at: moment)
      return advance(at: moment)
    case (.preflight, .failed(let failure)):
      return conclude(.refused(reasons: [failure.message]))
    case (.prepare, .failed): return refuseUnprepared(at: moment)
    case (.assess, .assessed(let watch)):
      return judge(watch, at: moment)
    case (.archive, .failed):
      // The fleet is healthy and only its archive is missing: retry until the deadline.
      isArchived = false
      return [order(assessment())]
    case (let command, .failed(let failure)):
      return beginRollback(.order(command.kind, sentence: failure.message), at: moment)
    case (.swing(let order), .swung(let report)):
      if let fault = fault(of: report, after: order) {
        return beginRollback(.unproven(order.host, sentence: fault), at: moment)
      }
      return advance(at: moment)
    case (.disarm, .disarmed) where outstanding.isEmpty && !isPaused:
      // The disarming may have taken long, so the proof may be old: no share rises on an old look.
      return [order(assessment())]
    default:
      return advance(at: moment)
    }
  }

  /// The next orders of the way forward, once no order is outstanding. During a pause the promotion does
  /// not move, but it keeps assessing while the new release has traffic, and while an armed agent must
  /// hear its writer.
  mutating func advance(at moment: Moment) -> [Order] {
    guard outstanding.isEmpty else { return [] }
    guard !isPaused else {
      guard hasTraffic || isArmed else { return [] }
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

  /// Whether clients use the new release in this phase.
  private var hasTraffic: Bool {
    switch phase {
    case .ramping, .mirroring, .settling: true
    default: false
    }
  }

  /// Whether a canary may go back by itself.
  private var isArmed: Bool { hosts.values.contains(where: \.isArmed) }

  private mutating func shadow(at moment: Moment) -> [Order] {
    if plan.stables.contains(where: { hosts[$0]?.fault != nil }) {
      return refuseUnprepared(at: moment)
    }
    // All stable gateways first: while no host has a link, a host that cannot take the release
    // costs nothing.
    // The stable gateways do not follow a drill of the rollback.
    let following = plan.purpose == .drillRollback ? [] : plan.stables
    let unprepared = following.filter { hosts[$0]?.isPrepared != true }
    if !unprepared.isEmpty { return unprepared.map { order(.prepare($0)) } }
    let missing = plan.canaries.filter { hosts[$0]?.isPlaced != true }
    if !missing.isEmpty { return missing.map { order(.place($0)) } }
    // The proof needs a canary without clients: neither by the archived share, nor by old cookies
    // or keys, which a share does not move.
    if weights.share > .zero || holdsClients(of: plan.snapshot.weights.pinEpoch) {
      return [order(emptying(isShareTaken: weights.share == .zero))]
    }
    enter(.proving(.forward), at: moment)
    return swingCanaries(to: plan.to)
  }

  /// Refuses once every host has answered, so that the operator sees all faults at once.
  private mutating func refuseUnprepared(at moment: Moment) -> [Order] {
    guard outstanding.isEmpty else { return [] }
    let faults = plan.stables.compactMap { hosts[$0]?.fault }
    // Agents that linked `next` must put the link back.
    guard !hosts.values.contains(where: \.isPlaced) else {
      return beginRollback(
        .order(.prepare, sentence: faults.joined(separator: "; ")), at: moment)
    }
    return conclude(.refused(reasons: faults))
  }

  private mutating func prove(after proof: Phase.Proof, at moment: Moment) -> [Order] {
    switch proof {
    case .forward where plan.purpose == .drillRollback:
      return beginRollback(.drill, at: moment)
    case .forward:
      enter(.proving(.back), at: moment)
      return swingCanaries(to: plan.from)
    case .back:
      recoveryMilliseconds = plan.canaries.compactMap { hosts[$0]?.lastSwing?.totalMilliseconds }
        .max()
      enter(.proving(.again), at: moment)
      return swingCanaries(to: plan.to)
    case .again:
      since = moment
      return [order(assessment())]
    }
  }

  private mutating func swingCanaries(to release: Release) -> [Order] {
    plan.canaries.map { host in
      order(
        .swing(
          SwingOrder(
            host: host, release: release, next: plan.to.lock.skills.version,
            state: release == plan.to ? stateMoveForward : stateMoveBack(on: host))))
    }
  }

  /// A new build starts only after a copy of the configuration, and of the state if the build
  /// migrates the state.
  var stateMoveForward: StateMove? { plan.build?.moveForward }

  /// The state as it was before the build under removal first started on it, by this promotion or
  /// by the one that is being rolled back.
  func stateMoveBack(on host: HostName) -> StateMove? {
    let copiedBy = hosts[host]?.stateCopiedBy ?? plan.snapshot.hosts[host]?.stateCopiedBy
    return copiedBy.map { .putBack(of: $0) }
  }

  /// Why a swing that reported success does not prove that the host runs the ordered release.
  func unproven(_ report: SwingReport, after order: SwingOrder) -> String? {
    guard report.after.marker == order.release.marker else {
      let says = report.after.marker.map(\.version) ?? "no release"
      return "\(order.host) reports \(says) after its swing to \(order.release.lock.skills.version)"
    }
    let build = order.release.lock.openclaw.version
    if report.after.version != build {
      return "\(order.host) runs OpenClaw \(report.after.version) after its swing to \(build)"
    }
    if report.probe.status == .fail {
      let reason = report.probe.reasons.first { $0.level == .fail }?.message ?? "no reason given"
      return "the probe of \(order.host) is fail after its swing: \(reason)"
    }
    return nil
  }

  /// A further condition on a swing of the way forward.
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

  private mutating func widen(toStep index: Int, at moment: Moment) -> [Order] {
    enter(.ramping(index), at: moment)
    watch = nil
    let share = plan.fleet.ramp.steps[index].share
    let tenants = plan.fleet.ramp.tenants(at: index)
    steps.append(
      StepRecord(
        intended: share, tenants: tenants, measured: nil, canarySessions: 0, beganAt: moment))
    return [order(.apply(nextWeights(share: share, tenants: tenants)))]
  }

  /// The share was read back, so the dwell begins.
  private mutating func hold(step index: Int, at moment: Moment) -> [Order] {
    since = moment
    return [order(assessment())]
  }

  func assessment() -> Command {
    .assess(
      generation: weights.generation,
      afterMilliseconds: plan.fleet.judge.intervalMilliseconds)
  }

  private mutating func judge(_ watch: Watch, at moment: Moment) -> [Order] {
    switch phase {
    case .proving(.again): return judgeProof(at: moment)
    case .ramping(let index): return judgeStep(index, at: moment)
    case .mirroring(let index): return judgeMirror(index, at: moment)
    case .settling: return judgeBake(at: moment)
    default: return advance(at: moment)
    }
  }

  private mutating func judgeStep(_ index: Int, at moment: Moment) -> [Order] {
    let gates = stepGates(at: moment)
    if let cause = refusal(of: gates) { return refuse(cause, at: moment) }
    guard gates.allSatisfy(\.isOpen) else { return [order(assessment())] }
    if index + 1 < plan.fleet.ramp.steps.count { return widen(toStep: index + 1, at: moment) }
    enter(.mirroring(0), at: moment)
    return mirror(0, at: moment)
  }

  /// The last assessment before the first share: the proof must still hold.
  private mutating func judgeProof(at moment: Moment) -> [Order] {
    let gates = watchGates(hold: 0, at: moment)
    for host in plan.canaries {
      guard let sentence = watch?.hosts[host]?.deadMan else { continue }
      return refuse(.unproven(host, sentence: "\(host): \(sentence)"), at: moment)
    }
    if let cause = refusal(of: gates) { return refuse(cause, at: moment) }
    // The new release has no clients yet, so a pause needs no assessments.
    guard !isPaused else { return isArmed ? [order(assessment())] : [] }
    guard gates.allSatisfy(\.isOpen) else { return [order(assessment())] }
    if plan.purpose.isDrill { return beginRollback(.drill, at: moment) }
    // No share rises before every agent has confirmed that it does nothing by itself.
    let armed = plan.canaries.filter { hosts[$0]?.isArmed == true }
    return armed.isEmpty ? widen(toStep: 0, at: moment) : armed.map { order(.disarm($0)) }
  }

  /// A stable gateway leaves the balancer only while all others are healthy and in service.
  private mutating func judgeMirror(_ index: Int, at moment: Moment) -> [Order] {
    let view = view(hold: 0, at: moment)
    let verdict = StepGates.verdict(view)
    let gates = watchGates(hold: 0, at: moment)
    if let cause = refusal(of: [verdict] + gates) { return refuse(cause, at: moment) }
    // If no session is served, nothing moves, whichever arm is to blame.
    if watch?.assessment.isOutage == true { return [order(assessment())] }
    let waves = plan.waves
    guard gates.allSatisfy(\.isOpen), !isPaused, index < waves.count else {
      return [order(assessment())]
    }
    // A pause came while hosts were placed or swung. Completed orders are not repeated.
    let waiting = waves[index].filter { hosts[$0]?.runs != .target }
    guard !waiting.isEmpty, waiting.allSatisfy({ hosts[$0]?.isPlaced == true }) else {
      return mirror(index, at: moment)
    }
    return waiting.map { host in
      order(
        .swing(
          SwingOrder(
            host: host, release: plan.to, next: plan.to.lock.skills.version,
            state: stateMoveForward)))
    }
  }

  private mutating func judgeBake(at moment: Moment) -> [Order] {
    let gates =
      watchGates(hold: plan.fleet.bakeMilliseconds, at: moment)
    if let cause = refusal(of: gates) { return refuse(cause, at: moment) }
    let held = moment.milliseconds(since: since) ?? 0
    guard held >= plan.fleet.bakeMilliseconds, gates.allSatisfy(\.isOpen), !isPaused else {
      return [order(assessment())]
    }
    isArchived = true
    return [order(.archive)]
  }

  private mutating func refuse(_ cause: RollbackCause, at moment: Moment) -> [Order] {
    verdictAt = moment
    return beginRollback(cause, at: moment)
  }

  /// Why the promotion must roll back; nil if no gate refuses.
  private func refusal(of gates: [GateResult]) -> RollbackCause? {
    guard let refusal = gates.first(where: { $0.answer == .refuses }) else { return nil }
    guard refusal.gate == .progress else {
      return .gate(refusal.gate, sentence: refusal.paragraph)
    }
    let why = gates.first { !$0.isOpen && $0.answer != .refuses }?.paragraph ?? lastFailure
    return .gate(.progress, sentence: refusal.paragraph + (why.map { " \($0)" } ?? ""))
  }

  /// The time left until this phase's progress deadline; nil if no deadline runs or a person paused
  /// the promotion.
  public func millisecondsUntilItGoesBack(at moment: Moment) -> Int64? {
    guard hasTraffic || phase == .proving(.again), !isPaused,
      let held = moment.milliseconds(since: since)
    else { return nil }
    let hold: Int64 =
      switch phase {
      case .ramping(let index): plan.fleet.ramp.steps[index].holdMilliseconds
      case .settling: plan.fleet.bakeMilliseconds
      default: 0
      }
    let bound = view(hold: hold, at: moment).holdMilliseconds
      .addingClamped(plan.fleet.judge.progressMilliseconds).addingClamped(pausedMilliseconds)
    return max(0, bound.subtractingClamped(held))
  }

  /// The gates of the ramp's current step; empty outside the ramp.
  public func stepGates(at moment: Moment) -> [GateResult] {
    guard case .ramping(let index) = phase else { return [] }
    return StepGates.evaluate(
      view(hold: plan.fleet.ramp.steps[index].holdMilliseconds, at: moment))
  }

  /// The gates outside the ramp, for phases that rely on healthy hosts.
  private func watchGates(hold milliseconds: Int64, at moment: Moment) -> [GateResult] {
    let view = view(hold: milliseconds, at: moment)
    return [StepGates.probes(view), StepGates.balancer(view), StepGates.progress(view)]
  }

  private func view(hold milliseconds: Int64, at moment: Moment) -> StepView {
    StepView(
      step: Ramp.Step(share: weights.share, holdMilliseconds: milliseconds),
      policy: plan.fleet.probe, limits: plan.fleet.judge, intended: weights.share,
      heldMilliseconds: moment.milliseconds(since: since) ?? 0,
      pausedMilliseconds: pausedMilliseconds, watch: watch, isPaused: isPaused,
      canaries: hosts.filter { $0.value.runs != .archived }.map(\.key), weights: weights,
      beliefs: hosts.mapValues(belief))
  }

  private func belief(_ state: HostState) -> StepView.Belief {
    let release = state.runs == .target ? plan.to : plan.from
    return StepView.Belief(
      version: release.lock.skills.version, bootID: state.lastSwing?.probe.openclaw.bootID)
  }

  /// Each wave of stable gateways in turn: place, assess the whole fleet, then swing.
  private mutating func mirror(_ index: Int, at moment: Moment) -> [Order] {
    let waves = plan.waves
    guard index < waves.count else {
      enter(.settling, at: moment)
      return [order(.apply(archivedWeights()))]
    }
    let unplaced = waves[index].filter { hosts[$0]?.isPlaced != true }
    if !unplaced.isEmpty { return unplaced.map { order(.place($0)) } }
    if waves[index].contains(where: { hosts[$0]?.runs != .target }) {
      since = moment
      return [order(assessment())]
    }
    enter(.mirroring(index + 1), at: moment)
    return mirror(index + 1, at: moment)
  }

  private mutating func settle(at moment: Moment) -> [Order] {
    if hosts.values.allSatisfy({ $0.runs == .target }), isArchived {
      return conclude(.completed)
    }
    since = moment
    return [order(assessment())]
  }
}
