import SluiceCore
import SluicePorts

/// Sets the share and reads it back. A rollback depends on the share: a failure that the ledger
/// already has is not recorded again, and the run sets the share again at growing intervals.
struct ApplyRun: Run {
  private indirect enum Stage {
    case applying, reading(PortError), waiting(CommandFailure, left: Int64)
  }

  let weights: Weights
  /// The failure in the ledger; an equal failure adds nothing.
  let stuck: CommandFailure?
  private var stage = Stage.applying
  private var began: Moment?
  private var wait = firstWait

  /// After this time one order records its failure again.
  private static let longestInsistence: Int64 = 300_000
  private static let firstWait: Int64 = 2_000
  private static let longestWait: Int64 = 15_000
  private static let lookInterval: Int64 = 1_000

  init(weights: Weights, stuck: CommandFailure?) {
    self.weights = weights
    self.stuck = stuck
  }

  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    began = moment
    return apply(context)
  }

  private mutating func apply(_ context: RunContext) -> OrderRun.Step {
    stage = .applying
    return .ask([context.ask(.apply(weights))])
  }

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    switch stage {
    case .applying:
      switch answer {
      case .success(.balancer(.state(let state))):
        if context.plan.can.agree(state.weights, with: weights) { return .done(.applied(state)) }
        stage = .reading(disagreement(with: state.weights))
      case .success: return .unexpected("the balancer", "its state")
      case .failure(let error): stage = .reading(error)
      }
      return .ask([context.ask(.read)])
    case .reading(let error):
      return failed(CommandFailure(error, weights: answer.weights), error, context, moment)
    case .waiting(let failure, let left):
      if tag == .pause {
        // The controller is stopping.
        if case .failure = answer { return .done(.failed(failure)) }
        guard left > 0 else { return apply(context) }
        return failure.weights == nil
          ? .ask([context.ask(.read)]) : sleep(failure, left, context)
      }
      // A balancer that answers again is reported at once.
      return answer.weights == nil ? sleep(failure, left, context) : apply(context)
    }
  }

  private func disagreement(with found: Weights) -> PortError {
    PortError(
      .failed, "the balancer was told \(weights.share) and reads back \(found.share)",
      remedy: "Somebody else changes it, or it does not do what it says: sluice explain")
  }

  private mutating func failed(
    _ failure: CommandFailure, _ error: PortError, _ context: RunContext, _ moment: Moment
  ) -> OrderRun.Step {
    let waited = began.flatMap { moment.milliseconds(since: $0) } ?? Int64.max
    guard let stuck, failure.message == stuck.message, error.kind != .fenced,
      failure.weights?.generation ?? 0 <= weights.generation, waited < Self.longestInsistence
    else { return .done(.failed(failure)) }
    let left = wait
    wait = min(2 * wait, Self.longestWait)
    return sleep(failure, left, context)
  }

  private mutating func sleep(_ failure: CommandFailure, _ left: Int64, _ context: RunContext)
    -> OrderRun.Step
  {
    let next = min(left, Self.lookInterval)
    stage = .waiting(failure, left: left - next)
    return .ask([context.pause(next)])
  }
}

extension Result<Answer, PortError> {
  fileprivate var weights: Weights? {
    if case .success(.balancer(.state(let state))) = self { state.weights } else { nil }
  }
}

extension CommandFailure {
  package init(_ error: PortError, weights: Weights? = nil) {
    self.init(
      message: error.message, remedy: error.remedy,
      isUnknown: error.kind == .unknown || error.kind == .unreachable, weights: weights)
  }
}
