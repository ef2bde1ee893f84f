import SluiceCore
import SluicePorts

/// What `sluice check` finds on every host, and at the writer. Changes nothing.
public struct FleetCheck: Sendable {
  public let hosts: [HostName: Result<HostCheck, PortError>]
  /// The balancer as it is read back, or why it is not.
  public let balancer: Result<BalancerState, PortError>
  /// Doctor alone may take twenty seconds, and everything comes one after the other.
  private static let deadline = Duration.seconds(300)

  public init(
    hosts: [HostName: Result<HostCheck, PortError>], balancer: Result<BalancerState, PortError>
  ) {
    self.hosts = hosts
    self.balancer = balancer
  }

  /// - Parameter wanted: only these hosts; empty: all.
  public static func take(
    _ services: FleetServices, hosts wanted: [HostName]
  ) async -> FleetCheck {
    let links = services.links.filter { wanted.isEmpty || wanted.contains($0.key) }
    async let answers = Ask(links).all(.check, deadline: deadline)
    var balancer: Result<BalancerState, PortError>
    do throws(PortError) { balancer = .success(try await services.balancer.read()) } catch {
      balancer = .failure(error)
    }
    return FleetCheck(
      hosts: await answers.mapValues { answer in
        switch answer {
        case .success(.checked(let check)): .success(check)
        case .success: .failure(PortError(.failed, "it answered something else than a check"))
        case .failure(let error): .failure(error)
        }
      }, balancer: balancer)
  }
}
