import SluiceCore
import SluicePorts

// Runs that read the whole fleet and move nothing.

/// Compares the fleet with the plan before anything moves.
struct PreflightRun: Run {
  private var survey = FleetSurvey()

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    survey.begin(context, placing: context.plan.to)
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    if let step = survey.take(answer, of: tag, context) { return step }
    return .done(
      .inspected(
        blockers: PlanCheck.blockers(
          of: context.plan, surveys: survey.surveys, silent: survey.silent,
          balancer: survey.balancer,
          balancerFault: survey.balancerFault, ledger: context.ledger)))
  }
}

/// Compares the fleet with the archived state, and repeats while they differ.
struct VerifyRun: Run {
  private var survey = FleetSurvey()
  private var began: Moment?
  /// A probe may lag its process by an interval.
  private static let longestPause: Int64 = 500

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    began = moment
    return survey.begin(context)
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    if tag == .pause {
      if case .failure(let error) = answer { return .failed(error) }
      return survey.begin(context)
    }
    if let step = survey.take(answer, of: tag, context) { return step }
    let fleet = context.plan.fleet
    let verification = PlanCheck.verify(
      context.plan.snapshot, surveys: survey.surveys, silent: survey.silent,
      balancer: survey.balancer,
      balancerFault: survey.balancerFault, ledger: context.ledger)
    let waited = began.flatMap { moment.milliseconds(since: $0) } ?? Int64.max
    if verification.isClean || waited >= fleet.swing.startMilliseconds {
      return .done(.verified(verification))
    }
    return .ask([context.pause(min(Self.longestPause, fleet.probe.intervalMilliseconds))])
  }
}

/// Archives the fleet's present state as last good, if every gateway proves the same release.
struct ArchiveRun: Run {
  private var survey = FleetSurvey()

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    survey.begin(context)
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    if tag == .archive {
      if case .failure(let error) = answer { return .failed(error) }
      return .done(.archived)
    }
    if let step = survey.take(answer, of: tag, context) { return step }
    let plan = context.plan
    // After a rollback every gateway proves the old release.
    let snapshot = [plan.to, plan.from].lazy.compactMap { [survey] release in
      survey.balancer.flatMap {
        PlanCheck.snapshot(
          release: release, fleet: plan.fleet, surveys: survey.surveys, weights: $0.weights)
      }
    }.first
    guard let snapshot else {
      return .failed(
        PortError(
          .failed, "not every gateway proves \(plan.to.tag), so it is not archived as last good"))
    }
    return .ask([(.archive, .archive(snapshot))])
  }
}

/// Probes and balancer of a step, before the evidence is judged.
public struct UnjudgedWatch: Sendable {
  var generation: Int64
  var hosts: [HostName: Watch.HostWatch]
  var balancer: BalancerState?

  /// - Parameter evidence: the session's evidence of the step.
  func judged(by evidence: inout Evidence, limits: JudgeLimits, at moment: Moment) -> Watch {
    let judged = evidence.assess(
      generation: generation, limits: limits, now: moment.wallMilliseconds)
    return Watch(
      assessment: judged.assessment, hosts: hosts, balancer: balancer, notices: judged.notices)
  }
}

/// After a while, reads the gateways' probes and the balancer for an assessment.
struct AssessRun: Run {
  let generation: Int64
  let after: Int64
  private var hosts: [HostName: Watch.HostWatch] = [:]
  private var balancer: BalancerState?
  private var open = 0

  init(generation: Int64, after: Int64) {
    self.generation = generation
    self.after = after
  }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    .ask([context.pause(after)])
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch (tag, answer) {
    case (.pause, .failure(let error)): return .failed(error)
    case (.pause, .success):
      let plan = context.plan
      let attended = plan.fleet.swing.deadManMilliseconds == nil ? [] : plan.canaries
      let calls = plan.fleet.gateways.map { host in
        context.ask(
          host.name, attended.contains(host.name) ? .attend(context.ledger.epoch) : .probe)
      }
      open = calls.count
      return .ask(calls)
    case (.host(let host), _):
      hosts[host] = Self.watch(answer, of: host)
      open -= 1
      return open > 0 ? .wait : .ask([context.ask(.read)])
    case (.balancer, _), (.archive, _):
      // The assessment does not depend on the balancer's answer.
      if case .success(.balancer(.state(let state))) = answer { balancer = state }
      return .judge(UnjudgedWatch(generation: generation, hosts: hosts, balancer: balancer))
    }
  }

  private static func watch(_ answer: Result<Answer, PortError>, of host: HostName)
    -> Watch.HostWatch
  {
    switch answer.answer(to: .probe, of: host) {
    case .success(let probe): Watch.HostWatch(probe)
    case .failure(let error):
      Watch.HostWatch(
        status: nil, reason: error.message, runs: nil, probeDigest: nil, fingerprint: nil)
    }
  }
}
