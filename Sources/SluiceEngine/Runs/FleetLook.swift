import SluiceCore
import SluicePorts

/// Asks every host at once, then the balancer.
struct FleetLook: Sendable {
  private(set) var surveys: [HostName: HostSurvey] = [:]
  private(set) var silent: [HostName: String] = [:]
  private(set) var balancer: BalancerState?
  private(set) var balancerFault: String?
  private var open = 0

  /// - Parameter release: the one that is about to be placed; nil when none is.
  mutating func begin(_ context: RunContext, placing release: Release? = nil) -> OrderRun.Step {
    self = FleetLook()
    // Always in one order: a simulated world shall be the same in every process.
    let calls = context.plan.fleet.hosts.map(\.name).sorted()
      .map { context.ask($0, .survey(of: release)) }
    open = calls.count
    return .ask(calls)
  }

  /// What is to be done for the look; nil once it is complete.
  mutating func take(
    _ answer: Result<Answer, PortError>, of tag: CallTag, _ context: RunContext
  ) -> OrderRun.Step? {
    switch (tag, answer) {
    case (.host(let host), .success(.report(.survey(let survey)))): surveys[host] = survey
    case (.host(let host), .success):
      silent[host] = "\(host) answered something else than a survey"
    case (.host(let host), .failure(let error)): silent[host] = error.message
    case (_, .success(.balancer(.state(let state)))): balancer = state
    case (_, .success): balancerFault = "the balancer answered something else than its state"
    case (_, .failure(let error)): balancerFault = error.message
    }
    guard tag != .balancer else { return nil }
    open -= 1
    return open > 0 ? .wait : .ask([context.ask(.read)])
  }
}
