import SluiceCore
import SluicePorts

@testable import SluiceEngine

extension Env {
  /// Takes one order to its end, one call after the other.
  func carryOut(_ order: Order, of plan: Plan, epoch: Epoch = Epoch(1), began: Moment?) async
    -> Outcome
  {
    var run = OrderRun(
      order, plan: FrozenPlan(plan), ledger: LedgerWord(epoch: epoch), began: began, stuck: nil)
    var step = run.start(at: time.now())
    var calls: [(CallTag, Call)] = []
    while true {
      switch step {
      case .done(let outcome): return outcome
      case .judge(let watch):
        var evidence = Evidence(judge: makeJudge(), runJudge: makeJudge())
        return .assessed(
          watch.judged(by: &evidence, limits: plan.fleet.judge, at: time.now()))
      case .probe(let hosts):
        calls += hosts.map { host in
          (.host(host), .query(host, .probe(), deadline: RunContext.lookDeadline))
        }
      case .wait: break
      case .ask(let more): calls += more
      }
      let (tag, call) = calls.removeFirst()
      step = run.take(await perform(call), of: tag, at: time.now())
    }
  }
}
