import SluiceCore
import SluiceEngine
import SluicePorts

/// Performs one order of a controller of tier 1, step by step: what `Executor` does, without a task.
struct Performer {
  /// What a step asked, to be told with its answer.
  enum Tag: Sendable, Hashable { case host(HostName), balancer, pause }

  enum Next {
    case ask([(Tag, Call)])
    /// More answers are under way.
    case wait
    case done(Outcome)
  }

  static let lookDeadline: Int64 = 10_000
  private static let retryMilliseconds: Int64 = 500

  let order: Order
  private let frozen: FrozenPlan
  let epoch: Epoch
  private var stage = 0
  private let began: Moment
  private var open: Set<Tag> = []
  private var look = Look()
  private var watches: [HostName: Watch.HostWatch] = [:]
  private var swung: Pinned<SwingReport>?
  private var patience: Int64 = 0
  private var again: (Tag, Call)?
  private var insisting: (Tag, Call)?
  private var insistsSince: Moment
  /// The failure that the ledger has already, of a change of the weights on a way back; and the one
  /// of this attempt.
  private let stuck: CommandFailure?
  private var refusal: PortError?
  private var wait: Int64 = 2_000
  /// Of an eviction: the most that was open.
  private var most = 0

  private struct Look: Sendable {
    var surveys: [HostName: HostSurvey] = [:]
    var silent: [HostName: String] = [:]
    var balancer: BalancerState?
    var balancerFault: String?
  }

  /// - Parameters:
  ///   - intended: when the order's intent became durable.
  ///   - stuck: the failure that the ledger has already, of a change of the weights on a way back.
  init(
    _ order: Order, plan: FrozenPlan, epoch: Epoch, intended: Moment? = nil, at moment: Moment,
    stuck: CommandFailure?
  ) {
    self.order = order
    self.stuck = stuck
    frozen = plan
    self.epoch = epoch
    let isOneBoot = intended.map { moment.milliseconds(since: $0) != nil } ?? false
    began = if isOneBoot, let intended { intended } else { moment }
    insistsSince = moment
  }

  private var plan: Plan { _read { yield frozen.plan } }

  mutating func start() -> Next {
    switch order.command {
    case .preflight, .verify, .archive: return surveyAll()
    case .prepare(let host):
      patience = plan.fleet.swing.startMilliseconds
      return insist(.host(host), perform(.place(plan, links: false), on: host))
    case .place(let host):
      patience = plan.fleet.swing.startMilliseconds
      return insist(.host(host), perform(.place(plan), on: host))
    case .swing(let swing):
      patience = plan.fleet.swing.startMilliseconds
      return insist(.balancer, .balancer(.takeOut(swing.host), epoch))
    case .apply(let weights): return ask([(.balancer, .balancer(.apply(weights), epoch))])
    case .evict: return ask([(.balancer, .balancer(.read, Epoch(0)))])
    case .assess(_, let after): return ask([(.pause, .sleep(milliseconds: after))])
    case .wait(let after): return ask([(.pause, .sleep(milliseconds: after))])
    case .conclude: return .done(.concluded)
    }
  }

  /// An answer came.
  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: Tag, at moment: Moment,
    assess: (_ generation: Int64) -> Assessment, archive: (Snapshot) -> PortError?
  ) -> Next {
    open.remove(tag)
    if let again, tag == .pause, order.command.moves {
      self.again = nil
      if case .failure(let error) = answer { return .done(error.outcome) }
      return ask([again])
    }
    switch order.command {
    case .preflight, .verify, .archive: return looked(answer, tag, moment, archive)
    case .prepare, .place, .swing: return moved(answer, tag, moment)
    case .apply(let weights): return applied(weights, answer, tag, moment)
    case .evict(let host, let after): return evicted(answer, tag, host, after, moment)
    case .assess(let generation, _): return watched(answer, tag) { assess(generation) }
    case .wait: return .done(answer.outcome { _ in .waited })
    case .conclude: return .done(.concluded)
    }
  }

  private mutating func ask(_ calls: [(Tag, Call)]) -> Next {
    for (tag, _) in calls { open.insert(tag) }
    return .ask(calls)
  }

  private func perform(_ operation: NodeOperation, on host: HostName) -> Call {
    .host(host, operation, order.id, epoch, deadline: patience)
  }

  // MARK: Looking

  private mutating func surveyAll() -> Next {
    look = Look()
    // As the executor asks: only preflight is about a release that is to be placed.
    let release = order.command == .preflight ? plan.to : nil
    return ask(
      plan.fleet.hosts.map {
        (
          .host($0.name),
          .host($0.name, .survey(of: release), order.id, epoch, deadline: Self.lookDeadline)
        )
      })
  }

  private mutating func looked(
    _ answer: Result<Answer, PortError>, _ tag: Tag, _ moment: Moment,
    _ archive: (Snapshot) -> PortError?
  ) -> Next {
    switch (tag, answer) {
    case (.host(let host), .success(.report(.survey(let survey)))): look.surveys[host] = survey
    case (.host(let host), .failure(let error)): look.silent[host] = error.message
    case (.balancer, .success(.balancer(.state(let state)))): look.balancer = state
    case (.balancer, .failure(let error)): look.balancerFault = error.message
    case (.pause, .success): return surveyAll()
    case (_, .failure(let error)): return .done(error.outcome)
    default: break
    }
    guard open.isEmpty else { return .wait }
    if tag != .balancer { return ask([(.balancer, .balancer(.read, Epoch(0)))]) }
    switch order.command {
    case .preflight:
      return .done(
        .inspected(
          blockers: PlanCheck.blockers(
            of: plan, surveys: look.surveys, silent: look.silent, balancer: look.balancer,
            balancerFault: look.balancerFault, ledger: LedgerWord(epoch: epoch))))
    case .archive: return .done(archived(archive))
    default: return verified(moment)
    }
  }

  private mutating func verified(_ moment: Moment) -> Next {
    let verification = PlanCheck.verify(
      plan.snapshot, surveys: look.surveys, silent: look.silent, balancer: look.balancer,
      balancerFault: look.balancerFault)
    let waited = moment.milliseconds(since: began) ?? Int64.max
    if verification.isClean || waited >= plan.fleet.swing.startMilliseconds {
      return .done(.verified(verification))
    }
    return ask([
      (.pause, .sleep(milliseconds: min(500, plan.fleet.probe.intervalMilliseconds)))
    ])
  }

  private func archived(_ archive: (Snapshot) -> PortError?) -> Outcome {
    let (plan, look) = (plan, look)
    let snapshot = [plan.to, plan.from].lazy.compactMap { release in
      look.balancer.flatMap {
        PlanCheck.snapshot(
          release: release, fleet: plan.fleet, surveys: look.surveys, weights: $0.weights)
      }
    }.first
    guard let snapshot else {
      return PortError(.failed, "not every gateway proves \(plan.to.tag)").outcome
    }
    return archive(snapshot)?.outcome ?? .archived
  }

  private mutating func watched(
    _ answer: Result<Answer, PortError>, _ tag: Tag, _ assess: () -> Assessment
  ) -> Next {
    switch (tag, answer) {
    case (.pause, .success):
      return ask(
        plan.fleet.gateways.map {
          (
            .host($0.name),
            .host($0.name, .probe, order.id, epoch, deadline: Self.lookDeadline)
          )
        })
    case (.pause, .failure(let error)): return .done(error.outcome)
    case (.host(let host), .success(.report(.probe(let probe)))):
      watches[host] = Watch.HostWatch(probe)
    case (.host(let host), .failure(let error)):
      watches[host] = Watch.HostWatch(
        status: nil, reason: error.message, runs: nil, probeDigest: nil, fingerprint: nil)
    case (.balancer, .success(.balancer(.state(let state)))): look.balancer = state
    default: break
    }
    guard open.isEmpty else { return .wait }
    if tag != .balancer { return ask([(.balancer, .balancer(.read, Epoch(0)))]) }
    return .done(
      .assessed(Watch(assessment: assess(), hosts: watches, balancer: look.balancer)))
  }

  // MARK: Moving

  private mutating func insist(_ tag: Tag, _ call: Call) -> Next {
    again = nil
    insisting = (tag, call)
    return ask([(tag, call)])
  }

  /// Out of the balancer, swing, proof, back into it; unknown is asked again.
  private mutating func moved(
    _ answer: Result<Answer, PortError>, _ tag: Tag, _ moment: Moment
  ) -> Next {
    if case .failure(let error) = answer {
      let waited = moment.milliseconds(since: insistsSince) ?? Int64.max
      guard error.kind == .unknown || error.kind == .unreachable, waited < patience else {
        return .done(error.outcome)
      }
      again = insisting
      return ask([(.pause, .sleep(milliseconds: Self.retryMilliseconds))])
    }
    insistsSince = moment
    return stepDone(answer)
  }

  private mutating func stepDone(_ answer: Result<Answer, PortError>) -> Next {
    stage += 1
    var policy = plan.fleet.swing
    if case .swing(let swing) = order.command { policy = swing.policy(policy) }
    switch (order.command, stage, try? answer.get()) {
    case (.prepare, _, .report(.placed(let report))), (.place, _, .report(.placed(let report))):
      return .done(.placed(report))
    case (.swing(let swing), 1, _):
      patience = policy.drainMilliseconds + 2 * policy.startMilliseconds
      let request = SwingRequest(
        release: swing.release, next: swing.next, policy: policy, state: swing.state)
      return insist(.host(swing.host), perform(.swing(request), on: swing.host))
    case (.swing(let swing), 2, .report(.swung(let report))):
      guard report.mayServe(after: swing, of: plan) else { return .done(.swung(report)) }
      swung = Pinned(report)
      patience = policy.startMilliseconds
      return insist(.balancer, .balancer(.giveBack(swing.host), epoch))
    case (.swing, 3, _): return .done(swung.map { .swung($0.value) } ?? unexpected)
    default: return .done(unexpected)
    }
  }

  // MARK: Ending what is open

  private mutating func evicted(
    _ answer: Result<Answer, PortError>, _ tag: Tag, _ host: HostName, _ after: Int64,
    _ moment: Moment
  ) -> Next {
    switch (tag, answer) {
    case (.pause, .success): return ask([(.balancer, .balancer(.read, Epoch(0)))])
    case (.pause, .failure(let error)): return .done(error.outcome)
    case (_, .success(.balancer(.connections(let cut)))):
      return .done(.evicted(ended: max(0, most - cut), cut: cut))
    case (_, .success(.balancer(.state(let state)))):
      let open = state.openSessions(of: host)
      most = max(most, open)
      if open == 0 { return .done(.evicted(ended: most, cut: 0)) }
    case (_, .failure(let error)): if stage == 1 { return .done(error.outcome) }
    case (_, .success): return .done(unexpected)
    }
    let waited = moment.milliseconds(since: began) ?? Int64.max
    if waited < after {
      return ask([(.pause, .sleep(milliseconds: min(Command.evictionLook, after - waited)))])
    }
    stage = 1
    return ask([(.balancer, .balancer(.evict(host), epoch))])
  }

  private var unexpected: Outcome {
    PortError(.failed, "something else was answered than was asked").outcome
  }

  /// Told, read back, and where the same failure comes again, tried again.
  private mutating func applied(
    _ weights: Weights, _ answer: Result<Answer, PortError>, _ tag: Tag, _ moment: Moment
  ) -> Next {
    if tag == .pause {
      if case .failure(let error) = answer { return .done(error.outcome) }
      return start()
    }
    if let error = refusal {
      refusal = nil
      var found: Weights?
      if case .success(.balancer(.state(let state))) = answer { found = state.weights }
      let failure = CommandFailure(error, weights: found)
      let waited = moment.milliseconds(since: began) ?? Int64.max
      guard let stuck, stuck.message == failure.message, error.kind != .fenced,
        found?.generation ?? 0 <= weights.generation, waited < 300_000
      else { return .done(.failed(failure)) }
      defer { wait = min(2 * wait, 15_000) }
      return ask([(.pause, .sleep(milliseconds: wait))])
    }
    switch answer {
    case .success(.balancer(.state(let state))) where state.weights == weights:
      return .done(.applied(state))
    case .success(.balancer(.state(let state))):
      refusal = PortError(
        .failed, "the balancer was told \(weights.share) and reads back \(state.weights.share)")
    case .success: refusal = PortError(.failed, "something else was answered than was asked")
    case .failure(let error): refusal = error
    }
    return ask([(.balancer, .balancer(.read, Epoch(0)))])
  }
}

extension PortError {
  fileprivate var outcome: Outcome { .failed(CommandFailure(self)) }
}

extension Result<Answer, PortError> {
  fileprivate func outcome(_ body: (Answer) -> Outcome?) -> Outcome {
    switch self {
    case .success(let answer):
      body(answer) ?? PortError(.failed, "something else was answered than was asked").outcome
    case .failure(let error): error.outcome
    }
  }
}
