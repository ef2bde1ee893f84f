import SluiceCore
import SluicePorts
import SluiceStatus

extension Controller {
  /// The services of a task. A running promotion keeps the fleet of its plan, whatever sluice.yaml
  /// says now.
  public static func services(for fleet: Fleet, resuming: Bool) async throws(PortError)
    -> FleetServices
  {
    guard resuming else { return try FleetServices(fleet) }
    let reading = try await LedgerReading.load(fleet.writer)
    return try FleetServices(reading.replay.promotion?.plan.fleet ?? fleet)
  }
}
