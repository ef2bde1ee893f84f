import SluiceCore
import SluiceEngine
import SluiceJudge
import SluicePorts
import SluiceSimulator

/// The example fleet under the first judge.
enum Examples {
  static let canary = ExampleFleet.canary
  static let stables = ExampleFleet.stables

  static func fleet() -> Fleet { ExampleFleet.fleet() }

  static func world(
    seed: UInt64 = 1, fleet: Fleet = ExampleFleet.fleet(), qualities: [String: Quality] = [:]
  ) -> SimulatedFleet {
    ExampleFleet.world(seed: seed, fleet: fleet, qualities: qualities)
  }

  static func plan(_ world: SimulatedFleet, to: String) async throws -> Plan {
    try await ExampleFleet.plan(world, to: to)
  }

  static func engine(_ world: SimulatedFleet) -> PromotionEngine {
    ExampleFleet.engine(world) { LimitJudge() }
  }

  static func promote(_ world: SimulatedFleet, to version: String, id: String = "p1")
    async throws -> Promotion
  {
    let plan = try await plan(world, to: version)
    return try await engine(world).start(
      PromotionID(rawValue: id), plan: plan, actor: "ana", ticket: "OPS-311")
  }

  static func resumeToTheEnd(_ world: SimulatedFleet) async throws -> Promotion {
    try await engine(world).resume()
  }

  static func runs(_ world: SimulatedFleet) async -> [HostName: String] {
    var result: [HostName: String] = [:]
    for (name, host) in world.hosts { result[name] = await host.running.version }
    return result
  }
}

extension Plan {
  /// The rollback in waves, as the product makes it.
  func revertPlan(copies: [HostName: OperationID] = [:]) -> Plan {
    reverting(fleet: fleet, now: false, copies: copies, weights: nil, at: 0)
  }
}
