// The way back, from anywhere: drain, swing, restore, verify; never said before it is read back.

extension Promotion {
  /// How long a host that could not be brought back is left alone before it is tried again.
  static let retryMilliseconds: Int64 = 30_000

  mutating func beginRollback(_ cause: RollbackCause, at moment: Moment) -> [Order] {
    rollbackCause = cause
    isPaused = false
    pausedAt = nil
    enter(.rollingBack(.draining), at: moment)
    outstanding = outstanding.filter(mustEnd)
    for name in hosts.keys { hosts[name]?.fault = nil }
    return drain()
  }

  /// Motions on hosts that may be under way are waited for. What never began is given up, readings
  /// belong to a way that has ended, and the drain outranks every earlier change of the weights.
  private func mustEnd(_ order: Order) -> Bool {
    if case .apply = order.command { return false }
    return order.command.moves && begun[order.id] != nil
  }

  mutating func retreat(after outcome: Outcome, of command: Command, at moment: Moment)
    -> [Order]
  {
    switch (command, outcome) {
    case (.conclude(let conclusion), _):
      phase = .concluded(conclusion)
      return []
    case (.apply(let wanted), _) where wanted.generation < issuedGeneration:
      // A change of the way up that was still in flight: the balancer refuses it or has moved on.
      return []
    case (.apply(let wanted), .applied(let state)):
      stuck = nil
      guard plan.can.agree(state.weights, with: wanted) else { return [order(.apply(wanted))] }
      return afterWeights(at: moment)
    case (.apply, .failed(let failure)):
      // The balancer does not do it, or nobody knows: nothing else is safe, so try again.
      let tries = stuck?.tries ?? 0
      stuck = Stuck(since: stuck?.since ?? moment, failure: failure, tries: tries + 1)
      issuedGeneration = max(issuedGeneration, failure.weights?.generation ?? 0)
      noteRefusal(failure)
      return [order(.wait(milliseconds: Self.balancerRetryMilliseconds(after: tries)))]
    case (.verify, .verified(let verification)):
      return afterVerification(verification, at: moment)
    case (.archive, _) where phase == .rollingBack(.verifying):
      return conclude(.rolledBack(rollbackCause ?? .plan))
    case (.wait, _):
      return phase == .rolledBackUnverified ? retryRollback(at: moment) : resumeStage(at: moment)
    default:
      return afterMotion(at: moment)
    }
  }

  /// 1 s, 2 s, 4 s and so on to 15 s.
  static func balancerRetryMilliseconds(after tries: Int) -> Int64 {
    min(1_000 << Int64(min(max(0, tries), 4)), 15_000)
  }

  private mutating func resumeStage(at moment: Moment) -> [Order] {
    guard case .rollingBack(let stage) = phase else { return [] }
    switch stage {
    case .draining: return drain()
    case .swinging: return afterMotion(at: moment)
    case .restoring: return restore(at: moment)
    case .verifying: return [order(.verify)]
    }
  }

  private mutating func afterWeights(at moment: Moment) -> [Order] {
    guard case .rollingBack(let stage) = phase else { return [] }
    switch stage {
    case .draining:
      guard !holdsClients(of: drainsSince) else {
        return [order(emptying(isShareTaken: true))]
      }
      enter(.rollingBack(.swinging), at: moment)
      // Beside the swing, which closes the gateway for new turns: those that run end, and what is
      // still open at the deadline is cut, also where the gateway's agent is silent. A balancer that
      // cuts nothing leaves that to the swing.
      let evicted = plan.canaries.filter {
        can(.eviction) && hosts[$0]?.runs != .archived && !isBusy($0)
      }
      let swings = afterMotion(at: moment)
      return swings + evicted.map { order(.evict($0, afterMilliseconds: rollbackDrain)) }
    case .restoring:
      enter(.rollingBack(.verifying), at: moment)
      return [order(.verify)]
    case .swinging, .verifying:
      return []
    }
  }

  /// A swing or an eviction ended: swing the next wave, or go on when all are back.
  private mutating func afterMotion(at moment: Moment) -> [Order] {
    guard phase == .rollingBack(.swinging) else { return [] }
    let wave = nextWave()
    if !wave.isEmpty {
      return wave.map { host in
        order(
          .swing(
            SwingOrder(
              host: host, release: plan.snapshot.release,
              next: plan.snapshot.hosts[host]?.links.next, state: stateMoveBack(on: host),
              drainMilliseconds: drain(of: host))))
      }
    }
    guard outstanding.isEmpty else { return [] }
    return restore(at: moment)
  }

  /// `rollback --now` waits for nobody.
  private var rollbackDrain: Int64 {
    plan.purpose == .revertNow ? 0 : plan.fleet.swing.rollbackDrain
  }

  /// Whoever is on the canary is not kept on it for as long as at another swing.
  private func drain(of host: HostName) -> Int64? {
    plan.canaries.contains(host) && plan.purpose != .revertNow ? rollbackDrain : nil
  }

  /// Hosts that may go now: all at once as long as the capacity floor stands on stable gateways
  /// that are not being swung, else in waves, the canaries first.
  private func nextWave() -> [HostName] {
    let isWaiting: (HostName) -> Bool = {
      let state = hosts[$0]
      return state?.isBack != true && state?.fault == nil && !isBusy($0)
    }
    let canaries = plan.canaries.filter(isWaiting)
    if plan.purpose == .revertNow { return canaries + plan.stables.filter(isWaiting) }
    let unavailable = plan.stables.filter { isBusy($0) || hosts[$0]?.fault != nil }.count
    let spare = plan.stables.count - unavailable - plan.fleet.capacityFloor
    let isAlone = !plan.stables.contains(where: isBusy) && canaries.isEmpty
    // One that is out of the balancer already goes first: whoever serves is kept until it is back.
    let waiting = plan.stables.filter(isWaiting)
    let isOut: (HostName) -> Bool = { hosts[$0]?.runs == .unknown }
    let inTurn = waiting.filter(isOut) + waiting.filter { !isOut($0) }
    return canaries + inTurn.prefix(max(spare, isAlone ? 1 : 0))
  }

  /// The archived share is given back only to hosts that are proven to run the archived release.
  private mutating func restore(at moment: Moment) -> [Order] {
    let isWhole = hosts.values.allSatisfy { $0.runs == .archived }
    let archived = plan.snapshot.weights
    guard isWhole, archived.share > .zero || !weights.dealsLike(archived) else {
      enter(.rollingBack(.verifying), at: moment)
      return [order(.verify)]
    }
    enter(.rollingBack(.restoring), at: moment)
    return [order(.apply(archivedWeights()))]
  }

  private mutating func afterVerification(_ verification: Verification, at moment: Moment)
    -> [Order]
  {
    for name in hosts.keys { hosts[name]?.fault = verification.faults[name] }
    let running = verification.running ?? []
    for name in verification.faults.keys where !running.contains(name) {
      hosts[name]?.runs = .unknown
    }
    if verification.isClean {
      // What was archived on the way up is not the good state any more.
      if isArchived { return [order(.archive)] }
      return conclude(.rolledBack(rollbackCause ?? .plan))
    }
    lastFailure = verification.balancerFault ?? verification.faults.values.sorted().first
    enter(.rolledBackUnverified, at: moment)
    return [order(.wait(milliseconds: Self.retryMilliseconds))]
  }

  /// Tries again what could not be verified: hosts first, then all is read back anew.
  mutating func retryRollback(at moment: Moment) -> [Order] {
    for name in hosts.keys { hosts[name]?.fault = nil }
    // Somebody else gave the canary a share meanwhile: it is taken back before anything is swung, and
    // so are those who were dealt by it.
    if weights.share > .zero, !hosts.values.allSatisfy(\.isBack) {
      enter(.rollingBack(.draining), at: moment)
      return drain()
    }
    enter(.rollingBack(.swinging), at: moment)
    return afterMotion(at: moment)
  }
}
