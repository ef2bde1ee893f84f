import SluiceCore
import SluicePorts

/// Queries every host at once, then the balancer.
struct FleetSurvey: Sendable {
  private(set) var surveys: [HostName: HostSurvey] = [:]
  private(set) var silent: [HostName: String] = [:]
  private(set) var balancer: BalancerState?
  private(set) var balancerFault: String?
  private var open = 0

  /// - Parameter release: the release that is about to be placed; nil: none.
  mutating func begin(_ context: RunContext, placing release: Release? = nil) -> OrderRun.Step {
    self = FleetSurvey()
    // Always in the same order, so that a simulated world is the same in every process.
    let calls = context.plan.fleet.hosts.map(\.name).sorted()
      .map { context.ask($0, .survey(of: release)) }
    open = calls.count
    return .ask(calls)
  }

  /// The next step of the survey; nil once the survey is complete.
  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext
  ) -> OrderRun.Step? {
    guard case .host(let host) = tag else {
      switch answer.balancerState {
      case .success(let state): balancer = state
      case .failure(let error): balancerFault = error.message
      }
      return nil
    }
    switch answer.answer(to: .survey(), of: host) {
    case .success(let survey): surveys[host] = survey
    case .failure(let error): silent[host] = error.message
    }
    open -= 1
    return open > 0 ? .wait : .ask([context.ask(.read)])
  }
}
