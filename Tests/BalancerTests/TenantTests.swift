import SluiceCore
import SluiceHTTP
import SluicePorts
import Testing

@testable import SluiceHAProxy

/// Tenants whom a step of the ramp pins to the canary.
@Suite("Tenants of a step")
struct TenantTests {
  private func weights(_ percent: Int, _ tenants: [String], generation: Int64) throws -> Weights {
    Weights(
      share: try #require(Share(basisPoints: percent * 100)), tenants: tenants, pinEpoch: 1,
      generation: generation)
  }

  /// How many of so many new sessions of a tenant the canary got.
  private func canary(_ rig: Rig, _ tenant: String, of count: Int = 40) async throws -> Int {
    let headers: HTTPHeaders = ["X-OpenClaw-Tenant": tenant]
    return try await rig.get(each: Array(repeating: headers, count: count)).count {
      $0.arm == "canary"
    }
  }

  @Test("all their sessions go to the canary from one motion to the next, and nobody else's")
  func pinned() async throws {
    try await Rig.with { rig in
      let set = try weights(1, ["initech", "umbrella"], generation: 1)
      #expect(try await rig.balancer.apply(set, epoch: Epoch(1)).weights == set)
      #expect(try await canary(rig, "INITECH") == 40)
      #expect(try await canary(rig, "umbrella") == 40)
      #expect(try await canary(rig, "hooli") < 20)
      let next = try weights(2, ["umbrella"], generation: 2)
      #expect(try await rig.balancer.apply(next, epoch: Epoch(1)).weights == next)
      #expect(try await canary(rig, "initech") < 20)
      #expect(try await canary(rig, "umbrella") == 40)
      let none = try weights(0, [], generation: 3)
      #expect(try await rig.balancer.apply(none, epoch: Epoch(1)).weights == none)
      #expect(try await canary(rig, "umbrella") == 0)
      #expect(try await rig.tell("show map \(rig.balancer.files.tenantMap)").contains("/") == false)
    }
  }

  @Test("at share 0 no session goes to the canary, pinned tenants included")
  func nothingAtZero() async throws {
    try await Rig.with { rig in
      _ = try await rig.balancer.apply(
        try weights(0, ["initech"], generation: 1), epoch: Epoch(1))
      #expect(try await canary(rig, "initech") == 0)
    }
  }

  @Test(
    "setting the same once more changes nothing, and a HAProxy that was killed comes back with it")
  func again() async throws {
    try await Rig.with { rig in
      let set = try weights(1, ["initech"], generation: 4)
      for _ in 1...3 {
        #expect(try await rig.balancer.apply(set, epoch: Epoch(1)).weights == set)
      }
      let map = try await rig.tell("show map \(rig.balancer.files.tenantMap)")
      #expect(map.components(of: "4/initech") == 1)
      try await rig.kill(try #require(try ProcessRecord.read(rig.balancer.files.record)?.process))
      try await rig.balancer.ensureRunning()
      #expect(try await rig.another().read().weights == set)
      #expect(try await canary(rig, "initech") == 40)
    }
  }

  @Test(
    "what somebody takes out of HAProxy's map is missing when it is read back, and is set again")
  func removed() async throws {
    try await Rig.with { rig in
      let set = try weights(1, ["initech", "umbrella"], generation: 1)
      _ = try await rig.balancer.apply(set, epoch: Epoch(1))
      try await rig.tell("del map \(rig.balancer.files.tenantMap) 1/umbrella")
      #expect(try await rig.balancer.read().weights == weights(1, ["initech"], generation: 1))
      #expect(try await rig.balancer.apply(set, epoch: Epoch(1)).weights == set)
    }
  }

  @Test("as many as a ramp may pin are set and taken back")
  func many() async throws {
    try await Rig.with { rig in
      let names = (1...64).map { "tenant-\($0)" + String(repeating: "x", count: 50) }
      for (generation, tenants) in [(1, names), (2, Array(names.prefix(63))), (3, [])] {
        let set = try weights(5, tenants, generation: Int64(generation))
        #expect(try await rig.balancer.apply(set, epoch: Epoch(1)).weights == set)
      }
    }
  }

  @Test("the map's text is read as it is written; what Sluice never wrote pins nobody")
  func map() {
    let all = TenantMap([
      Weights(share: .zero, tenants: ["b", "a"], pinEpoch: 1, generation: 7),
      Weights(share: .zero, pinEpoch: 1, generation: 8),
    ])
    #expect(all.file == "7/a canary\n7/b canary\n")
    #expect(TenantMap(file: all.file) == all)
    for text in ["", "7 canary", "7/a stable", "x/a canary", "07/a canary", "7/a", "/a canary"] {
      #expect(TenantMap(file: text) == TenantMap(), "\(text)")
    }
  }
}

extension String {
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
