import Foundation
import SluiceHTTP
import SluiceSystem
import Testing

@testable import OpenClawStandIn

@Suite("The stand-in's drain, restart and end")
struct StandInLifeTests {
  private static let prepare: JSON = [
    "requestId": "op-1", "terminalPolicy": "terminate", "drain": true,
  ]

  /// One session under way while the body runs.
  private func withSession(
    _ host: StandInHost, _ gateway: Gateway, _ body: () async throws -> Void
  ) async throws -> HTTPResponse {
    try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
      group.addTask { try await host.chat("in-flight") }
      try await gateway.untilSessionsRun(1)
      try await body()
      await gateway.endSessions()
      return try #require(try await group.next())
    }
  }

  @Test("drains: what runs ends, nothing new begins, and both are told as recorded")
  func drain() async throws {
    let host = try StandInHost()
    try host.endless("1.4.1")
    try await host.withGateway { gateway async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      var suspension: JSON = .null
      let session = try await withSession(host, gateway) {
        let busy = try await client.call("gateway.suspend.prepare", ["requestId": "op-0"])
        #expect(same(try recording("rpc/suspend-prepare-busy"), busy, but: ["id"]))
        let draining = try await client.call("gateway.suspend.prepare", Self.prepare)
        #expect(
          same(
            try recording("rpc/suspend-prepare-draining"), draining,
            but: ["id", "suspensionId", "expiresAtMs"]))
        let id = try #require(draining.at("payload.suspensionId"))
        suspension = ["suspensionId": id]
        let again = try await client.call("gateway.suspend.prepare", Self.prepare)
        #expect(again.at("payload.suspensionId") == draining.at("payload.suspensionId"))
        let other = try await client.call("gateway.suspend.prepare", ["requestId": "op-2"])
        #expect(
          same(
            try recording("rpc/suspend-prepare-second-request"), other,
            but: ["id", "expiresAtMs", "retryAfterMs"]))
        let status = try await client.call("gateway.suspend.status", suspension)
        #expect(
          same(try recording("rpc/suspend-status-draining"), status, but: ["id", "expiresAtMs"]))
        let refused = try await client.call("skills.status")
        #expect(same(try recording("rpc/rpc-while-draining-skills.status"), refused, but: ["id"]))
        try await expectDraining(host)
      }
      #expect(session.status == 200)
      try await waitUntil {
        try await client.call("gateway.suspend.status", suspension).at("payload.status") == "ready"
      }
      try await expectPrepared(host, client, suspension)
      let next = try await withSession(host, gateway) {}
      #expect(next.status == 200)
      let phases = await client.event(named: "gateway.suspension").map { $0.at("payload.phase") }
      let recorded = try #require(try recording("rpc/events-suspension").items)
      #expect(phases == recorded.map { $0.at("payload.phase") })
      await client.close()
    }
  }

  private func expectDraining(_ host: StandInHost) async throws {
    let recorded = try recording("rpc/http-new-session-while-draining")
    let refused = try await host.chat("b")
    #expect(refused.status == 503)
    #expect(refused.headers["Retry-After"] == "1")
    #expect(refused.text == recorded["body"]?.text)
    let readiness = try await host.get("/readyz")
    let real = try recording("readyz-suspended")
    #expect(readiness.status == 503)
    #expect(readiness.json["failing"] == real.at("body.failing"))
    let startup = try await host.get("/startupz")
    #expect(startup.status == 503)
    let draining = try recording("startupz-suspended")["body"] ?? .null
    #expect(shapeDifferences(draining, startup.json) == [])
    #expect(startup.json["status"] == "draining")
    #expect(try await host.get("/healthz").status == 200)
  }

  private func expectPrepared(
    _ host: StandInHost, _ client: ProtocolClient, _ suspension: JSON
  ) async throws {
    let ready = try await client.call("gateway.suspend.status", suspension)
    #expect(same(try recording("rpc/suspend-status-ready"), ready, but: ["id", "expiresAtMs"]))
    let refused = try await client.call("skills.status")
    #expect(same(try recording("rpc/rpc-while-prepared-skills.status"), refused, but: ["id"]))
    #expect(try await client.call("gateway.restart.request")["ok"] == false)
    #expect(try await host.chat("b").status == 503)
    let wrong = try await client.call("gateway.suspend.resume", ["suspensionId": "another"])
    #expect(wrong.at("error.message") == "gateway suspension id does not match")
    let resumed = try await client.call("gateway.suspend.resume", suspension)
    #expect(same(try recording("rpc/suspend-resume"), resumed, but: ["id"]))
    let again = try await client.call("gateway.suspend.resume", suspension)
    #expect(same(try recording("rpc/suspend-resume-again"), again, but: ["id"]))
    let none = try await client.call("gateway.suspend.status", suspension)
    #expect(same(try recording("rpc/suspend-status-none"), none, but: ["id"]))
  }

  /// Equal, whatever the order of members, but for members of these names.
  private func same(_ recorded: JSON, _ ours: JSON, but excepted: Set<String>) -> Bool {
    switch (recorded, ours) {
    case (.object, .object):
      Set(recorded.keys ?? []) == Set(ours.keys ?? [])
        && (recorded.keys ?? []).allSatisfy {
          excepted.contains($0)
            || same(recorded[$0] ?? .null, ours[$0] ?? .null, but: excepted)
        }
    case (.array(let left), .array(let right)):
      left.count == right.count && zip(left, right).allSatisfy { same($0, $1, but: excepted) }
    default: recorded == ours
    }
  }

  @Test("a suspension that nobody renews ends by itself")
  func lease() async throws {
    let host = try StandInHost()
    try await host.withGateway({ $0.standIn.suspensionMs = 200 }) { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let held = try await client.call("gateway.suspend.prepare", Self.prepare)
      #expect(held.at("payload.status") == "ready")
      #expect(held.at("payload.activeCount") == 0)
      try await host.untilReady()
      #expect(try await host.chat("a").status == 200)
      await client.close()
    }
  }

  @Test("restarts in place: another boot, the same process, and thirty seconds to the next")
  func restart() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let (client, hello) = try await ProtocolClient.connected(host)
      _ = try await host.says("a")
      let answer = try await client.call("gateway.restart.request", ["reason": "sluice"])
      #expect(same(try recording("rpc/restart-request"), answer, but: ["id", "pid"]))
      try await client.untilClosed()
      let recorded = try #require(try recording("rpc/events-restart").items)
      let shutdown = try #require(await client.event(named: "shutdown").first)
      #expect(same(recorded[0], shutdown, but: ["seq"]))
      let closed = try #require(await client.closed)
      #expect(same(recorded[1], closed, but: []))
      try await host.untilReady()
      let (again, second) = try await ProtocolClient.connected(host)
      #expect(hello.at("payload.server.bootId") != second.at("payload.server.bootId"))
      #expect(try await host.says("a") == "turn 2 of this conversation, release 1.4.1")
      let starts = try host.starts()
      #expect(starts.count == 2)
      #expect(starts[1].hasSuffix("restart in place: sluice"))
      let soon = try await again.call("gateway.restart.request")
      let cooldown = try #require(soon.at("payload.restart.cooldownMsApplied")?.whole)
      #expect(cooldown > 0 && cooldown <= 30_000)
      let third = try await again.call("gateway.restart.request")
      #expect(third.at("payload.status") == "coalesced")
      #expect(third.at("payload.restart.coalesced") == true)
      await again.close()
    }
  }

  @Test("a restart that is asked for under work waits for its end")
  func deferredRestart() async throws {
    let host = try StandInHost()
    try host.endless("1.4.1")
    try await host.withGateway { gateway async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let session = try await withSession(host, gateway) {
        let answer = try await client.call("gateway.restart.request")
        #expect(answer.at("payload.status") == "deferred")
        #expect(answer.at("payload.preflight.safe") == false)
      }
      #expect(session.status == 200)
      try await client.untilClosed()
      try await host.untilReady()
      #expect(try host.starts().count == 2)
    }
  }

  @Test("SIGTERM: the session in flight is answered, connections are told, exit 0")
  func stop() async throws {
    let host = try StandInHost()
    try host.endless("1.4.1")
    try await host.withGateway { gateway async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let session = try await withSession(host, gateway) {
        gateway.stop()
        try await waitUntil { try await host.chat("b").status == 503 }
        #expect(try await host.get("/readyz").json["failing"] == ["gateway-draining"])
      }
      #expect(session.status == 200)
      try await client.untilClosed()
      let recorded = try #require(try recording("rpc/events-sigterm")["events"]?.items)
      let shutdown = try #require(await client.event(named: "shutdown").first)
      #expect(same(recorded[0], shutdown, but: ["seq"]))
      let closed = try #require(await client.closed)
      #expect(same(recorded[1], closed, but: []))
      #expect(await gateway.waitUntilEnded() == 0)
    }
    await #expect(throws: HTTPError.self) { try await host.get("/healthz") }
  }

  @Test("one state directory has one gateway: the second ends with 78")
  func second() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let error = #expect(throws: GatewayStartError.self) { try Gateway(host.configuration()) }
      #expect(error?.exitCode == 78)
    }
  }
}
