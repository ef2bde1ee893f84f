import SluiceCore
import SluicePorts

// Runs that move something on a host.

/// Places the new release's slice on a host.
struct PlaceRun: Run {
  let host: HostName
  /// False: no link names the slice yet.
  let links: Bool?
  private var insistence: Insistence?

  init(host: HostName, links: Bool?) {
    self.host = host
    self.links = links
  }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    let patience = context.plan.fleet.swing.startMilliseconds
    let insistence = Insistence(
      context.order(host, .place(context.plan, links: links), within: patience),
      patience: patience, since: moment)
    self.insistence = insistence
    return insistence.first
  }

  func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch insistence?.take(answer, of: tag, at: moment) {
    case .answered(.report(.placed(let report))): .done(.placed(report))
    case .answered: .unexpected("\(host)", "a placement")
    case .ask(let calls): .ask(calls)
    case .failed(let error): .failed(error)
    case nil: .wait
    }
  }
}

/// Takes out, swings, proves and gives back. A host that does not prove its release stays out.
struct SwingRun: Run {
  private indirect enum Stage { case takingOut, swinging, givingBack(SwingReport) }

  let order: SwingOrder
  private var stage = Stage.takingOut
  private var insistence: Insistence?

  init(order: SwingOrder) { self.order = order }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    insist(
      context.ask(.takeOut(order.host)), patience: policy(context).startMilliseconds, moment)
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch insistence?.take(answer, of: tag, at: moment) {
    case .answered(let answer): proceed(answer, context, moment)
    case .ask(let calls): .ask(calls)
    case .failed(let error): .failed(error)
    case nil: .wait
    }
  }

  private mutating func proceed(_ answer: Answer, _ context: RunContext, _ moment: Moment)
    -> OrderRun.Step
  {
    let policy = policy(context)
    switch stage {
    case .takingOut:
      stage = .swinging
      let request = SwingRequest(
        release: order.release, next: order.next, policy: policy, state: order.state,
        deadMan: context.plan.deadMan(of: order, context.order))
      let patience =
        policy.drainMilliseconds + 2 * policy.startMilliseconds
        + (order.state == nil ? 0 : StateMove.allowanceMilliseconds)
      return insist(
        context.order(order.host, .swing(request), within: patience), patience: patience, moment)
    case .swinging:
      guard case .report(.swung(let swung)) = answer else {
        return .unexpected("\(order.host)", "a swing")
      }
      guard swung.mayServe(after: order, of: context.plan) else { return .done(.swung(swung)) }
      stage = .givingBack(swung)
      let patience = policy.startMilliseconds
      return insist(
        context.ask(.giveBack(order.host, deadline: patience)), patience: patience, moment)
    case .givingBack(let swung): return .done(.swung(swung))
    }
  }

  private mutating func insist(_ call: (CallTag, Call), patience: Int64, _ moment: Moment)
    -> OrderRun.Step
  {
    let insistence = Insistence(call, patience: patience, since: moment)
    self.insistence = insistence
    return insistence.first
  }

  private func policy(_ context: RunContext) -> SwingPolicy {
    order.policy(context.plan.fleet.swing)
  }
}

/// Takes a host's dead man back. Only the agent's own confirmation counts.
struct DisarmRun: Run {
  let host: HostName
  private var insistence: Insistence?

  init(host: HostName) { self.host = host }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    let patience = context.plan.fleet.swing.startMilliseconds
    let insistence = Insistence(
      context.order(host, .disarm, within: patience), patience: patience, since: moment)
    self.insistence = insistence
    return insistence.first
  }

  func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch insistence?.take(answer, of: tag, at: moment) {
    case .answered(.report(.disarmed)): .done(.disarmed)
    case .answered: .unexpected("\(host)", "that it is disarmed")
    case .ask(let calls): .ask(calls)
    case .failed(let error): .failed(error)
    case nil: .wait
    }
  }
}

/// Lets a host's open connections end by themselves for a while, then ends the rest.
struct EvictRun: Run {
  let host: HostName
  /// Milliseconds from the order's intent.
  let until: Int64
  let intended: Moment?
  private var began: Moment?
  private var most = 0
  private var isEvicting = false

  init(host: HostName, until: Int64, intended: Moment?) {
    self.host = host
    self.until = until
    self.intended = intended
  }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    // A predecessor's waiting time counts, if both controllers ran within one boot of the machine.
    let isOneBoot = intended.flatMap { moment.milliseconds(since: $0) } != nil
    began = isOneBoot ? intended : moment
    return .ask([context.ask(.read)])
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch (tag, answer) {
    case (.pause, .success): return .ask([context.ask(.read)])
    case (.pause, .failure(let error)): return .failed(error)
    case (_, .failure(let error)) where isEvicting: return .failed(error)
    case (_, .success(.balancer(.connections(let cut)))) where isEvicting:
      return .done(.evicted(ended: max(0, most - cut), cut: cut))
    case (_, .success(.balancer(.state(let state)))) where !isEvicting:
      let open = state.openSessions(of: host)
      most = max(most, open)
      if open == 0 { return .done(.evicted(ended: most, cut: 0)) }
    case (_, .success): return .unexpected("the balancer", "its open connections")
    // A balancer that does not answer may have open sessions.
    case (_, .failure): break
    }
    let waited = began.flatMap { moment.milliseconds(since: $0) } ?? Int64.max
    if waited < until { return .ask([context.pause(min(Command.evictionLook, until - waited))]) }
    isEvicting = true
    return .ask([context.ask(.evict(host))])
  }
}
