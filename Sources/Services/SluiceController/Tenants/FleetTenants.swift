import SluiceCore
import SluicePorts
import SluiceStatus

extension FleetTenants {
  private static let deadline = Duration.seconds(30)

  /// Reads the writer's checkout, and asks the gateways at once. Changes nothing.
  ///
  /// - Parameter wanted: only these hosts; empty: all gateways.
  public static func take(_ fleet: Fleet, hosts wanted: [HostName]) async throws(PortError)
    -> FleetTenants
  {
    let services = try FleetServices(fleet)
    let gateways = Set(fleet.gateways.map(\.name))
    let clients = services.hosts.filter {
      wanted.isEmpty ? gateways.contains($0.key) : wanted.contains($0.key)
    }
    let writer = WriterTenants(infra: fleet.writer.infra)
    async let answers = HostPoll(clients).ask(.tenants, deadline: deadline)
    return FleetTenants(
      writer: writer.survey(), boundaries: writer.boundaries(), hosts: await answers)
  }
}
