import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceStatus

extension FleetAdoption {
  private static let lookDeadline = Duration.seconds(10)

  /// Reads every host, the balancer and the writer's checkout. Changes nothing.
  public static func take(_ services: FleetServices) async throws(PortError) -> FleetAdoption {
    let answers = await HostPoll(services.links).ask(.survey(), deadline: lookDeadline)
    let surveys = answers.compactMapValues { try? $0.get() }
    let silent = answers.compactMapValues { answer in
      if case .failure(let error) = answer { error.message } else { nil }
    }
    var balancer: BalancerState?
    var balancerFault: String?
    do throws(PortError) { balancer = try await services.balancer.read() } catch {
      balancerFault = error.message
    }
    let (release, fault) = try await release(of: surveys, services)
    return FleetAdoption(
      services.fleet, surveys: surveys, silent: silent, release: release, fault: fault,
      balancer: balancer, balancerFault: balancerFault)
  }

  /// Archives the good state.
  ///
  /// - Throws: `.refused` while there is none.
  public func archive(
    _ services: FleetServices, actor: String, reason: String
  ) async throws(PortError) {
    guard let snapshot else {
      throw PortError(
        .refused, "the fleet has no good state to archive: \(obstacles.joined(separator: "; "))",
        remedy: "Mend that first. See the differences:  sluice adopt")
    }
    try await Adopter(env: services.env).adopt(snapshot, actor: actor, reason: reason)
  }

  private static func release(
    of surveys: [HostName: HostSurvey], _ services: FleetServices
  ) async throws(PortError) -> (Release?, fault: String?) {
    let lock = FleetDiff(services.fleet, surveys).lockDigest
    let commit = services.fleet.gateways.compactMap { surveys[$0.name]?.infra }
      .first { $0.lockDigest == lock && lock != nil }?.commit
    guard let commit else {
      return (nil, "no gateway's checkout has an openclaw.lock. Make one:  sluice lock")
    }
    if let release = try await services.checkout.release(at: commit) { return (release, nil) }
    return (nil, try await services.checkout.reasonOfNoRelease(at: commit))
  }
}
