// The rollback, from any phase: drain, swing, restore, verify. It is announced only once read back.

extension Promotion {
  /// How long the rollback waits before it retries a failed host.
  static let retryMilliseconds: Int64 = 30_000

  mutating func beginRollback(_ cause: RollbackCause, at moment: Moment) -> [Order] {
    rollbackCause = cause
    rollbackBeganAt = moment
    isPaused = false
    pausedAt = nil
    enter(.rollingBack(.draining), at: moment)
    outstanding = outstanding.filter(mustEnd)
    for name in hosts.keys { hosts[name]?.fault = nil }
    return drain()
  }

  /// Whether the rollback must wait for this order. It waits for motions on hosts that may have
  /// begun. Orders that never began and readings for the way forward are dropped, and the drain outranks
  /// every earlier change of the weights.
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
      // A change from the way forward was still running. The balancer refuses it or has moved on.
      return []
    case (.apply(let wanted), .applied(let state)):
      stuck = nil
      guard plan.can.agree(state.weights, with: wanted) else { return [order(.apply(wanted))] }
      return afterWeights(at: moment)
    case (.apply, .failed(let failure)):
      // The balancer refused the change, or the result is unknown. No other order is safe, so
      // retry.
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
      // At the same time as the swing, which closes the gateway for new turns. Running turns may
      // end; open connections are cut at the deadline, even if the gateway's agent is silent. With
      // a balancer that cannot evict, the swing does the cutting.
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

  /// After a swing or an eviction: swing the next wave, or go on when all hosts are back.
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

  /// `rollback --now` lets no turn finish.
  private var rollbackDrain: Int64 {
    plan.purpose == .revertNow ? 0 : plan.fleet.swing.rollbackDrain
  }

  /// A client of the canary waits less on the bad release than at another swing.
  private func drain(of host: HostName) -> Int64? {
    plan.canaries.contains(host) && plan.purpose != .revertNow ? rollbackDrain : nil
  }

  /// Hosts that may swing now: all at once if enough stable gateways stay in service for the
  /// capacity floor and the zones' floors; otherwise in waves, canaries first.
  private func nextWave() -> [HostName] {
    let isWaiting: (HostName) -> Bool = {
      let state = hosts[$0]
      return state?.isBack != true && state?.fault == nil && !isBusy($0)
    }
    let canaries = plan.canaries.filter(isWaiting)
    if plan.purpose == .revertNow { return canaries + plan.stables.filter(isWaiting) }
    let absent = plan.stables.filter { isBusy($0) || hosts[$0]?.fault != nil }
    let spare = plan.stables.count - absent.count - plan.fleet.capacityFloor
    let isAlone = !plan.stables.contains(where: isBusy) && canaries.isEmpty
    // Hosts that are already out of the balancer go first. Serving hosts stay until those are back.
    let waiting = plan.stables.filter(isWaiting)
    let isOut: (HostName) -> Bool = { hosts[$0]?.runs == .unknown }
    let inTurn = waiting.filter(isOut) + waiting.filter { !isOut($0) }
    let wave = plan.fleet.together(inTurn, atMost: spare, absent: absent)
    return canaries + (wave.isEmpty && isAlone ? Array(inTurn.prefix(1)) : wave)
  }

  /// The archived share returns only to hosts that are proven to run the archived release.
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
      // The state archived on the way forward is no longer the last good state.
      if isArchived { return [order(.archive)] }
      return conclude(end(at: moment))
    }
    lastFailure = verification.balancerFault ?? verification.faults.values.sorted().first
    enter(.rolledBackUnverified, at: moment)
    return [order(.wait(milliseconds: Self.retryMilliseconds))]
  }

  private func end(at moment: Moment) -> Conclusion {
    guard rollbackCause == .drill else { return .rolledBack(rollbackCause ?? .plan) }
    return .drilled(
      recoveryMilliseconds: rollbackBeganAt.flatMap { moment.milliseconds(since: $0) })
  }

  /// Retries unverified parts: hosts first, then reads everything back again.
  mutating func retryRollback(at moment: Moment) -> [Order] {
    for name in hosts.keys { hosts[name]?.fault = nil }
    // Another writer gave the canary a share meanwhile. Take the share back and un-pin its clients
    // before any swing.
    if weights.share > .zero, !hosts.values.allSatisfy(\.isBack) {
      enter(.rollingBack(.draining), at: moment)
      return drain()
    }
    enter(.rollingBack(.swinging), at: moment)
    return afterMotion(at: moment)
  }
}
