import SluiceCore
import SluicePorts

/// The course of one order, step by step and without I/O: its calls and its result. The promotion
/// decides about the result.
public struct OrderRun: Sendable {
  public enum Step: Sendable {
    case ask([(CallTag, Call)])
    /// Ask these gateways for their probes. The session has the evidence, so it adds which tenants
    /// have traffic.
    case probe([HostName])
    /// More answers are due.
    case wait
    /// Done except for the verdict: the session has the evidence and adds its assessment. No call
    /// leaves the session for it.
    case judge(UnjudgedWatch)
    case done(Outcome)
  }

  private let context: RunContext
  private var run: any Run

  /// - Parameters:
  ///   - ledger: the controller's own epoch, and every operation that its ledger intended.
  ///   - began: when the order's intent became durable; nil if the order moves nothing.
  ///   - stuck: the recorded failure of a rollback's change of weights. An equal failure is not
  ///     recorded again; the run retries.
  init(
    _ order: Order, plan: FrozenPlan, ledger: LedgerWord, began: Moment?, stuck: CommandFailure?
  ) {
    context = RunContext(plan: plan, order: order.id, ledger: ledger)
    run = Self.run(of: order.command, began: began, stuck: stuck)
  }

  private static func run(of command: Command, began: Moment?, stuck: CommandFailure?) -> any Run {
    switch command {
    case .preflight: PreflightRun()
    case .prepare(let host): PlaceRun(host: host, links: false)
    case .place(let host): PlaceRun(host: host, links: nil)
    case .swing(let order): SwingRun(order: order)
    case .apply(let weights): ApplyRun(weights: weights, stuck: stuck)
    case .evict(let host, let after): EvictRun(host: host, until: after, intended: began)
    case .disarm(let host): DisarmRun(host: host)
    case .assess(let generation, let after): AssessRun(generation: generation, after: after)
    case .verify: VerifyRun()
    case .wait(let milliseconds): WaitRun(milliseconds: milliseconds)
    case .archive: ArchiveRun()
    case .conclude: ConcludeRun()
    }
  }

  mutating func start(at moment: Moment) -> Step { run.start(context, at: moment) }

  /// Handles an answer.
  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, at moment: Moment
  ) -> Step {
    run.take(answer, of: tag, context, at: moment)
  }
}

/// One kind of order.
protocol Run: Sendable {
  mutating func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step

  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step
}

/// The values that every run needs.
struct RunContext: Sendable {
  private let frozen: FrozenPlan
  let order: OperationID
  let ledger: LedgerWord

  /// A host that does not answer a query within so many milliseconds counts as silent.
  static let lookDeadline: Int64 = 10_000

  init(plan: FrozenPlan, order: OperationID, ledger: LedgerWord) {
    frozen = plan
    self.order = order
    self.ledger = ledger
  }

  var plan: Plan { _read { yield frozen.plan } }

  func ask(_ host: HostName, _ question: HostQuestion) -> (CallTag, Call) {
    (.host(host), .query(host, question, deadline: Self.lookDeadline))
  }

  /// - Parameter deadline: milliseconds.
  func order(
    _ host: HostName, _ operation: HostOperation, within deadline: Int64
  ) -> (CallTag, Call) {
    (.host(host), .operation(host, operation, order, ledger.epoch, deadline: deadline))
  }

  func ask(_ request: BalancerRequest) -> (CallTag, Call) {
    // Reading needs no epoch.
    (.balancer, .balancer(request, request == .read ? Epoch(0) : ledger.epoch))
  }

  func pause(_ milliseconds: Int64) -> (CallTag, Call) {
    (.pause, .sleep(milliseconds: milliseconds))
  }
}

extension OrderRun.Step {
  static func failed(_ error: PortError) -> Self { .done(.failed(CommandFailure(error))) }

  static func unexpected(_ who: String, _ wanted: String) -> Self {
    .failed(.unexpected(who, wanted: wanted))
  }
}

/// Waits, then reports.
struct WaitRun: Run {
  let milliseconds: Int64

  func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step {
    .ask([context.pause(milliseconds)])
  }

  func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step {
    if case .failure(let error) = answer { return .failed(error) }
    return .done(.waited)
  }
}

/// Only the last line is left to write.
struct ConcludeRun: Run {
  func start(_ context: RunContext, at moment: Moment) -> OrderRun.Step { .done(.concluded) }

  func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext, at moment: Moment
  ) -> OrderRun.Step { .done(.concluded) }
}
