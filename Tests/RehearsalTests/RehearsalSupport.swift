import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn
@testable import SluiceRehearsal

/// A rehearsal's fleet in a directory of the test's own, with no program started.
func builtFleet(in directory: String, program: String = "/bin/sh") async throws -> RehearsalFleet {
  try await RehearsalFleet.build(
    in: directory, programs: .init(sluice: program, standIn: program))
}

/// The gateways of a rehearsal's fleet in this process, with the configuration that it wrote.
func startedGateways(_ fleet: RehearsalFleet) throws -> [Gateway] {
  try fleet.fleet.hosts.map { host in
    let place = ConfigurationPlace(environment: host.openclaw.environment)
    guard case .valid(let configuration) = ConfigurationReading.read(place) else {
      throw PortError(.failed, "\(place.path) is not what the stand-in accepts")
    }
    return try Gateway(configuration)
  }
}

func stop(_ gateways: [Gateway]) async {
  for gateway in gateways { gateway.stop() }
  for gateway in gateways { _ = await gateway.waitUntilEnded() }
}

/// Runs a load until the condition holds, then lets it end.
func play(_ load: Load, until condition: @escaping @Sendable (LoadSnapshot) -> Bool) async {
  await withTaskGroup(of: Void.self) { group in
    group.addTask { await load.run() }
    let held = await eventually(within: .seconds(30)) { condition(load.snapshot) }
    #expect(held, "the load saw \(load.snapshot)")
    load.stop()
    await group.waitForAll()
  }
}
