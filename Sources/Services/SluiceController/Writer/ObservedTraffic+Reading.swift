import SluiceCore
import SluicePorts
import SluiceStatus

extension ObservedTraffic {
  /// What the balancer's log holds now; nil for a balancer whose log cannot be read.
  public static func take(_ fleet: Fleet) async -> Result<ObservedTraffic, PortError>? {
    do throws(PortError) {
      let services = try FleetServices(fleet)
      guard let log = services.traffic.log else { return nil }
      let env = services.env
      return .success(
        ObservedTraffic(try await log.held(), fleet: fleet, makeJudge: env.makeJudge))
    } catch { return .failure(error) }
  }
}
