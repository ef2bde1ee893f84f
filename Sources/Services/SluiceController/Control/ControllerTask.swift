import SluiceCore
import SluicePorts
import SluiceStatus

extension Controller {
  /// The services that a task runs under. A promotion that is under way goes on with the fleet that
  /// its plan was read with, whatever sluice.yaml says by now.
  public static func services(for fleet: Fleet, resuming: Bool) async throws(PortError)
    -> FleetServices
  {
    guard resuming else { return try FleetServices(fleet) }
    let reading = try await LedgerReading.load(fleet.writer)
    return try FleetServices(reading.replay.promotion?.plan.fleet ?? fleet)
  }
}
