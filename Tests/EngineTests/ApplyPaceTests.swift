import SluiceCore
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceEngine

/// docs/decisions/019-a-changed-ledger.md: after 2 s, 4 s and so on to 15 s, for five minutes.
@Suite("A rollback that cannot set the share")
struct ApplyPaceTests {
  private static let fault = PortError(.failed, "the balancer takes no weights")
  private let weights = Weights(share: .zero, pinEpoch: 2, generation: 3)

  /// A balancer that answers or is silent, and takes no weights before `takesAt`.
  private struct Balancer {
    var answersAt: Int64 = 0
    var takesAt: Int64 = .max
    /// The share before, as the balancer reads it back.
    let before = Weights(share: .zero, pinEpoch: 1, generation: 1)
  }

  private func outcome(_ balancer: Balancer, stuck: CommandFailure) async throws
    -> (Outcome, asked: [Int64])
  {
    let plan = try await Examples.plan(Examples.world(), to: "1.4.2")
    var run = OrderRun(
      Order(id: OperationID(rawValue: "p1/9"), command: .apply(weights)),
      plan: FrozenPlan(plan), ledger: LedgerWord(epoch: Epoch(1)), began: nil, stuck: stuck)
    var now: Int64 = 0
    var asked: [Int64] = []
    func moment() -> Moment {
      Moment(wallMilliseconds: 0, monotonicMilliseconds: now, boot: "b")
    }
    func state(_ weights: Weights) -> Result<Answer, PortError> {
      .success(.balancer(.state(BalancerState(weights: weights, servers: []))))
    }
    var step = run.start(at: moment())
    for _ in 0..<10_000 {
      guard case .ask(let calls) = step, let (tag, call) = calls.first else { break }
      let answer: Result<Answer, PortError>
      switch call {
      case .balancer(.apply(let wanted), _):
        asked.append(now)
        answer = now >= balancer.takesAt ? state(wanted) : .failure(Self.fault)
      case .balancer(.read, _):
        answer = now >= balancer.answersAt ? state(balancer.before) : .failure(Self.fault)
      case .sleep(let milliseconds):
        now += milliseconds
        answer = .success(.awake)
      default: throw Self.fault
      }
      step = run.take(answer, of: tag, at: moment())
    }
    guard case .done(let outcome) = step else { throw Self.fault }
    return (outcome, asked)
  }

  /// As the ledger has it already.
  private func known(_ balancer: Balancer) -> CommandFailure {
    CommandFailure(Self.fault, weights: balancer.answersAt == 0 ? balancer.before : nil)
  }

  @Test("it is tried again ever more slowly, and told again after five minutes")
  func pace() async throws {
    let balancer = Balancer()
    let (outcome, asked) = try await outcome(balancer, stuck: known(balancer))
    #expect(outcome == .failed(known(balancer)))
    #expect(asked.prefix(7) == [0, 2_000, 6_000, 14_000, 29_000, 44_000, 59_000])
    let pauses = zip(asked.dropFirst(), asked).map { $0 - $1 }
    #expect(pauses.dropFirst(3).allSatisfy { $0 == 15_000 }, "\(pauses)")
    let last = try #require(asked.last)
    #expect(last >= 300_000 && last < 315_000)
  }

  @Test("one that did not answer and does again gets the share at the next try")
  func answersAgain() async throws {
    let balancer = Balancer(answersAt: 50_500, takesAt: 50_500)
    let (outcome, asked) = try await outcome(balancer, stuck: known(balancer))
    guard case .applied = outcome else {
      Issue.record("it came to \(outcome)")
      return
    }
    #expect(asked.last == 51_000)
  }

  @Test("another failure than the ledger's is told at once")
  func another() async throws {
    let balancer = Balancer()
    let other = CommandFailure(message: "another", remedy: nil, isUnknown: false)
    let (outcome, asked) = try await outcome(balancer, stuck: other)
    #expect(outcome == .failed(known(balancer)) && asked == [0])
  }
}
