import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceTestSupport
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

  private struct Seen: Hashable {
    var tenant: String?
    var arm: Arm
    var why: SessionRecord.Why
  }

  @Test("the session log names the tenants that the step pins, and no other text of a client")
  func logged() async throws {
    try await Rig.with { rig in
      let set = try weights(100, ["initech"], generation: 1)
      _ = try await rig.balancer.apply(set, epoch: Epoch(1))
      let stream = try await rig.log().batches(for: PromotionID(rawValue: "p-1"))
      var served = 0
      let header = "x-openclaw-tenant"
      let hostile = [
        "hooli", "acme", #"initech","te":"initech"#, #"initech\"#, "initech\"", "1/initech",
        "initech/", "initech initech", "initech%00", "é", String(repeating: "initech", count: 900),
      ]
      for value in ["INITECH"] + hostile {
        served += try await rig.raw("GET / HTTP/1.1", "\(header): \(value)") ? 1 : 0
      }
      // The last of two counts, and a blank around a value belongs to nobody.
      served += try await rig.raw("GET / HTTP/1.1", "\(header): x", "\(header):  initech ") ? 1 : 0
      #expect(served > 10)
      // HAProxy 2.6 takes a NUL in a header, a later one refuses it. Its map finds the text before it.
      served += try await rig.raw("GET / HTTP/1.1", "\(header): initech\0\"}") ? 1 : 0
      rig.gateways[Rig.canary]?.setReady(false)
      let isOut = await eventually {
        (try? await rig.balancer.read())?.server(Rig.canary)?.isUp == false
      }
      try #require(isOut)
      _ = try await rig.get("/", ["X-OpenClaw-Tenant": "initech"])
      served += 1
      var sessions: [SessionRecord] = []
      for await batch in stream {
        sessions += batch.sessions
        #expect(batch.lost == 0)
        if sessions.count >= served { break }
      }
      #expect(sessions.count == served)
      // Header by header: a tenant's name, or nobody; no line is malformed.
      let callers = sessions.sorted { $0.sequence < $1.sequence }.map(\.caller)
      #expect(callers.prefix(3) == [.tenant("initech"), .tenant("hooli"), .tenant("acme")])
      #expect(callers.allSatisfy { $0 != nil } && callers.last == .tenant("initech"))
      #expect(callers.count { $0 == .nobody } >= 8, "\(callers)")
      let named = sessions.filter { $0.tenant != nil }
      #expect(named.allSatisfy { $0.tenant == "initech" })
      #expect(
        Set(named.map { Seen(tenant: $0.tenant, arm: $0.arm, why: $0.why) }) == [
          Seen(tenant: "initech", arm: .canary, why: .cohort),
          Seen(tenant: "initech", arm: .stable, why: .failOpen),
        ])
      // The tenant itself in two spellings, perhaps the one with a NUL, and the one that failed open.
      #expect((3...4).contains(named.count), "\(named.count)")
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
    #expect(all.file == "7/a a\n7/b b\n")
    #expect(TenantMap(file: all.file) == all)
    #expect(TenantMap(file: "7/a canary\n7/b canary\n") == all, "as an earlier Sluice wrote it")
    for text in [
      "", "7 canary", "7/a stable", "7/a b", "7/A A", "x/a canary", "07/a canary", "7/a",
      "/a canary",
    ] {
      #expect(TenantMap(file: text) == TenantMap(), "\(text)")
    }
  }
}

extension String {
  fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
