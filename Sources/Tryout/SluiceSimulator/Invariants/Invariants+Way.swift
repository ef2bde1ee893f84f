import SluiceCore

// The intents of a promotion: its steps forward, and its rollback.

extension Invariants {
  /// 16: an order has one intent. 9: nothing moves before the ledger holds the approval of the
  /// plan's demands. 11: during a rollback nothing is placed or swung forward, and the share is 0
  /// or the archived one.
  mutating func checkIntended(_ order: Order, _ line: Line, _ look: Line?) {
    let isRollingBack = line.after.phase.isRollingBack
    expect(
      intents[order.id]?.index == line.index, 16, "idempotence",
      "\(order.id) was intended before, and is again")
    expect(
      demands.isEmpty || line.after.approval?.accepts == demands, 9, "approval",
      "\(order.id) was intended, and nobody had approved the plan")
    checkDrill(order, line)
    switch order.command {
    case .apply(let weights):
      checkRaise(to: weights, line, look)
      expect(
        !isRollingBack || weights.share == .zero || weights.share == plan.snapshot.weights.share,
        11,
        "rollback is monotone", "\(weights.share) was set during the rollback")
      checkTenants(weights, line)
      checkGeneration(weights, line)
    case .prepare(let host), .place(let host):
      expect(!isRollingBack, 11, "rollback is monotone", "\(host) was placed during the rollback")
    case .swing(let swing):
      let was = history.lineBefore(line)?.after.hosts[swing.host]?.runs
      expect(
        swing.release != plan.newRelease || isRollingBack || was != .target, 16, "idempotence",
        "\(swing.host) was proven on \(swing.release.tag), and is swung to it again")
      expect(
        !isRollingBack || swing.release == plan.snapshot.release, 11, "rollback is monotone",
        "\(swing.host) was swung forward during the rollback")
      expect(
        !isRollingBack || line.after.weights.share == .zero, 12, "rollback order",
        "\(swing.host) is swung back, and \(line.after.weights.share) was read back last")
      if case .proving = line.after.phase {
        expect(
          line.after.weights.share == .zero, 3, "slice match",
          "\(swing.host) is proven at a share of \(line.after.weights.share)")
      }
      checkMirror(swing, line, look)
    default: break
    }
  }

  /// 35: a drill swings canaries only, but for a stable gateway that its rollback could not verify;
  /// archives nothing; and gives the canary no share but the archived one, at its end.
  private mutating func checkDrill(_ order: Order, _ line: Line) {
    guard plan.purpose.isDrill else { return }
    let isAllowed =
      switch order.command {
      case .swing(let swing):
        plan.canaries.contains(swing.host) || swing.release == plan.snapshot.release
      case .apply(let weights):
        weights.share == .zero || line.after.phase == .rollingBack(.restoring)
      case .archive: false
      default: true
      }
    expect(isAllowed, 35, "drill", "\(order.id) \(order.command.kind.rawValue) in a drill")
  }

  /// 34: the tenants that a step names are pinned to the canary with the share of that step, and no
  /// other tenants. None is pinned before the ramp, nor during a rollback, until the archived
  /// weights are set.
  private mutating func checkTenants(_ weights: Weights, _ line: Line) {
    let wanted: [String]
    switch line.after.phase {
    case .ramping(let step): wanted = plan.fleet.ramp.tenants(at: step)
    case .settling, .rollingBack(.restoring): wanted = plan.snapshot.weights.tenants
    default: wanted = []
    }
    expect(
      weights.tenants == wanted, 34, "tenants",
      "\(weights.words) is set while \(line.after.phase.title)")
  }

  /// 21: a request for a rollback takes effect at once, at any point of the promotion.
  mutating func checkObeyed(_ request: Request, _ line: Line) {
    guard request.action == .abort || request.action == .rollBack,
      let before = history.before(line), !before.phase.isTerminal
    else { return }
    let gaveUp = line.after.outstanding.contains {
      if case .conclude = $0.command { true } else { false }
    }
    expect(
      line.after.phase.isRollingBack || gaveUp, 21, "liveness",
      "\(request.action.rawValue) was asked for while \(before.phase.title), and nothing came of it"
    )
  }

  /// 5 and 7: a share rises only on a look at the canary that is new, not failed, and names the new
  /// release, with an unbroken clock since.
  private mutating func checkRaise(to weights: Weights, _ line: Line, _ look: Line?) {
    guard case .ramping(let step)? = history.lineBefore(line)?.after.phase,
      let before = history.before(line)
    else { return }
    guard let look, case .finished(_, .assessed(let watch)) = look.event else {
      expect(false, 5, "never raise on unverified", "step \(step) began without a look")
      return
    }
    checkPrepared(line, step)
    let bound = 2 * plan.fleet.probe.intervalMilliseconds
    // A successor performs what its predecessor intended at once, or says so in the ledger first.
    let ordered = lines[...line.index].last {
      if case .finished = $0.event { true } else { false }
    }
    let age = ordered.flatMap { $0.moment.milliseconds(since: look.moment) } ?? 0
    expect(
      age <= bound, 5, "never raise on unverified", "step \(step) rests on a look \(age) ms old")
    expect(
      watch.balancer?.weights == before.weights, 5, "never raise on unverified",
      "step \(step) began while the balancer had other weights than were set")
    checkMeasured(watch, step)
    for canary in plan.canaries {
      let seen = watch.hosts[canary]
      expect(
        seen?.bootID == before.hosts[canary]?.lastSwing?.probe.openclaw.bootID, 5,
        "never raise on unverified",
        "step \(step) began with another process of \(canary) than was proven")
      expect(
        seen?.status == .ok, 5, "never raise on unverified",
        "step \(step) began with \(canary) \(seen?.status?.rawValue ?? "silent")")
      expect(
        seen?.runs == plan.newRelease.lock.skills.version, 7, "semver is absolute",
        "step \(step) began with \(canary) on \(seen?.runs ?? "-")")
    }
    if step > 0 {
      expect(
        watch.assessment.verdict == .pass, 6, "gate",
        "step \(step) began on \(watch.assessment.verdict)")
    }
  }

  /// 31: no client is on the new release before its slice is on every gateway that is to follow.
  private mutating func checkPrepared(_ line: Line, _ step: Int) {
    for host in plan.stables {
      let isThere = intents.contains { id, intent in
        guard case .intended(let order) = intent.event, order.command == .prepare(host) else {
          return false
        }
        return done[id].map { $0 <= line.index } ?? false
      }
      expect(
        isThere, 31, "every host is ready",
        "step \(step) began, and the new release's slice is not on \(host)")
    }
  }

  /// 6: the share that arrived is not another than the one that was set.
  private mutating func checkMeasured(_ watch: Watch, _ step: Int) {
    guard step > 0, let measured = watch.assessment.share else { return }
    let set = plan.fleet.ramp.steps[step - 1].share.basisPoints
    let isNear = measured.low <= 2 * set + 100 && measured.high >= set / 2 - 100
    expect(
      isNear, 6, "gate",
      "step \(step) began while \(measured.estimate) of 10000 arrived where \(set) was set")
  }

  /// 6: evidence belongs to the weights under whose generation it came, so no two have the same.
  private mutating func checkGeneration(_ weights: Weights, _ line: Line) {
    let isTwice = intendedWeights.contains { other, index in
      other.generation == weights.generation && other != weights && index < line.index
    }
    expect(!isTwice, 6, "gate", "generation \(weights.generation) stands for two shares")
  }

  /// 19: by the last probes, the stable gateways outside this wave hold the capacity floor.
  private mutating func checkMirror(_ swing: SwingOrder, _ line: Line, _ look: Line?) {
    guard plan.stables.contains(swing.host), case .mirroring = line.after.phase else { return }
    guard let look, case .finished(_, .assessed(let watch)) = look.event else { return }
    let leaving = line.after.outstanding.compactMap(\.command.host)
    let serving = plan.stables.filter { host in
      let server = watch.balancer?.servers.first { $0.host == host }
      return !leaving.contains(host) && watch.hosts[host]?.status == .ok
        && server?.isInService == true
    }
    expect(
      serving.count >= plan.fleet.capacityFloor && isZoneKept(swing.host, serving), 19,
      "conservation",
      "\(swing.host) was mirrored with \(serving.count) other stables well")
  }

  /// 6 and 22: a step is held for two probe intervals and its own time, on one boot, by the
  /// monotonic clock, and rises as the plan says.
  mutating func checkSteps() {
    var applied: (step: Int, moment: Moment)?
    var bootBegan: Moment?
    // When the promotion last learned something, and so decided: the intent may be a successor's.
    var decided: (at: Moment, bootBegan: Moment)?
    var before = Share.zero
    for line in lines {
      if line.moment.boot != bootBegan?.boot { bootBegan = line.moment }
      if case .finished = line.event {
        decided = (line.moment, bootBegan ?? line.moment)
      }
      switch (history.lineBefore(line)?.after.phase, line.event) {
      case (.ramping(let step)?, .finished(_, .applied)): applied = (step, line.moment)
      case (_, .intended(let order)):
        guard case .apply(let weights) = order.command, case .ramping(let step) = line.after.phase
        else { continue }
        let bound = step == 0 ? 1_000 : 2_000
        expect(
          weights.share.basisPoints - before.basisPoints <= bound, 6, "gate",
          "step \(step) goes from \(before) to \(weights.share)")
        before = weights.share
        guard let applied, applied.step == step - 1, let decided else { continue }
        let isOneBoot = applied.moment.boot == decided.at.boot
        let held =
          decided.at.milliseconds(since: isOneBoot ? applied.moment : decided.bootBegan) ?? 0
        let asked = max(
          plan.fleet.ramp.steps[step - 1].holdMilliseconds,
          2 * plan.fleet.probe.intervalMilliseconds)
        expect(held >= asked, 6, "gate", "step \(step - 1) was held for \(held) ms of \(asked)")
      default: break
      }
    }
  }
}
