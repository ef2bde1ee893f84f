import SluiceDaemon
import SluiceHost
import SluicePorts
import SluiceSystem

extension RehearsalRun {
  /// Clients of a fleet that was kept, until they are ended: a promotion without traffic has no
  /// evidence to widen on.
  public func clients() async throws(PortError) {
    let fleet = try FleetLoader.load("\(options.directory)/sluice.yaml")
    guard let host = fleet.gateways.first else { return }
    let token = try Disk.read(host.openclaw.tokenFile) ?? []
    var load = LoadOptions(
      target: fleet.balancer.bind, token: String(decoding: token, as: UTF8.self))
    load.sessionsPerSecond = RehearsalTiming(speed: options.speed).sessionsPerSecond
    await Load(load).run()
  }

  /// What stays when all acts were played: the fleet, and clients of it.
  ///
  /// - Returns: how to go on with it, and how to end it.
  func keep(_ fleet: RehearsalFleet) throws(PortError) -> [String] {
    _ = try fleet.start(
      "clients",
      ["rehearse", "--clients", "--dir", fleet.layout.directory, "--speed", "\(options.speed)"])
    return fleet.keepLines
  }
}
