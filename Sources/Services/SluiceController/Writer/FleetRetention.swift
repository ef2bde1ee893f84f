import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceStatus
import SluiceSystem

extension FleetRetention {
  /// The items that `sluice gc` would remove. Changes nothing.
  public static func look(_ services: FleetServices) async throws(PortError) -> FleetRetention {
    FleetRetention(try await discarder(services).look())
  }

  /// Removes what nothing needs.
  ///
  /// - Throws: `.fenced` while a controller holds the lease.
  public static func discard(
    _ services: FleetServices, actor: String
  ) async throws(PortError) -> FleetRetention {
    let (decisions, reports) = try await discarder(services).discard(
      name: "gc-\(Randomness.hexadecimal(bytes: 6))", actor: actor)
    return FleetRetention(decisions, reports: reports)
  }

  private static func discarder(_ services: FleetServices) -> Discarder {
    Discarder(
      env: services.env, writer: WriterItems(services.fleet.writer),
      policy: services.fleet.retention ?? RetentionPolicy())
  }
}
