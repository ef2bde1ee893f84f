import SluiceHTTP
import Testing

@testable import OpenClawStandIn

@Suite("The stand-in's gateway protocol")
struct StandInProtocolTests {
  @Test("challenge and hello have the recorded keys, and say which start this is")
  func hello() async throws {
    let host = try StandInHost()
    try await host.withGateway { gateway async throws in
      let (client, hello) = try await ProtocolClient.connected(host)
      #expect(shapeDifferences(try recording("rpc/challenge"), await client.challenge) == [])
      let differences = shapeDifferences(try recording("rpc/hello"), hello)
      // No test may rely on what the real OpenClaw's address and plugins add.
      let optional = [".pluginSurfaceUrls.canvas", ".presence[0]."]
      #expect(differences.filter { line in !optional.contains { line.contains($0) } } == [])
      let server = try #require(hello["payload"]?["server"])
      #expect(server["version"] == "2026.9.6")
      let bootID = try #require(server["bootId"]?.text)
      #expect(try host.starts()[0].contains(bootID))
      #expect(
        hello.at("payload.auth.scopes") == ["operator.admin", "operator.read", "operator.write"])
      await client.close()
    }
  }

  @Test(
    "refuses a handshake as recorded, and closes",
    arguments: [
      ("connect-bad-token", ProtocolClient.parameters(token: "wrong")),
      ("connect-future-protocol", ProtocolClient.parameters(protocols: 5...9)),
      ("connect-old-protocol", ProtocolClient.parameters(protocols: 1...2)),
      ("connect-unknown-client", ProtocolClient.parameters(client: "sluice")),
    ])
  func refusedHandshake(name: String, parameters: JSON) async throws {
    let host = try StandInHost()
    let recorded = try recording("rpc/\(name)")
    try await host.withGateway { _ async throws in
      let client = try await ProtocolClient(host)
      let answer = try await client.call("connect", parameters)
      #expect(answer["ok"] == false)
      #expect(sorted(answer["error"]) == sorted(recorded["answer"]?["error"]))
      try await client.untilClosed()
      #expect(sorted(await client.closed) == sorted(recorded["events"]?.items?.first))
    }
  }

  /// Members in the order of their names: recordings are sorted, answers are not.
  private func sorted(_ value: JSON?) -> JSON? {
    switch value {
    case .object(let members):
      .object(
        members.map { JSON.Member(key: $0.key, value: sorted($0.value) ?? .null) }
          .sorted { $0.key < $1.key })
    case .array(let items): .array(items.map { sorted($0) ?? .null })
    default: value
    }
  }

  @Test("refuses calls as recorded")
  func refusals() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let unknown = try await client.call("sluice.nothing")
      #expect(
        sorted(unknown["error"]) == sorted(try recording("rpc/error-unknown-method")["error"]))
      let bad = try await client.call("gateway.suspend.status", ["nothing": 1])
      #expect(sorted(bad["error"]) == sorted(try recording("rpc/error-bad-params")["error"]))
      let (reader, hello) = try await ProtocolClient.connected(host, scopes: ["operator.read"])
      let auth = try #require(hello.at("payload.auth"))
      #expect(shapeDifferences(try recording("rpc/hello-read-only-auth"), auth) == [])
      let forbidden = try await reader.call("gateway.suspend.prepare", ["requestId": "r"])
      #expect(
        sorted(forbidden["error"]) == sorted(try recording("rpc/error-missing-scope")["error"]))
      #expect(try await reader.call("skills.status")["ok"] == true)
      await reader.close()
      await client.close()
    }
  }

  @Test(
    "answers readings with the recorded keys",
    arguments: [
      ("system.info", "system.info", JSON.object([])),
      ("diagnostics.lanes", "diagnostics.lanes", [:]),
      ("gateway.restart.preflight", "gateway.restart.preflight", [:]),
      ("sessions.list", "sessions.list-active", ["activeOnly": true]),
      ("audit.list", "audit.list", ["kind": "agent_run", "limit": 500]),
    ] as [(String, String, JSON)])
  func readings(method: String, name: String, parameters: JSON) async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      _ = try await host.chat("a")
      let (client, _) = try await ProtocolClient.connected(host)
      let answer = try await client.call(method, parameters)
      let differences = shapeDifferences(try recording("rpc/\(name)"), answer)
      // The real one leaves these out at times.
      let optional = ["workerCoreRatio is not recorded", "otherThreadsCoreRatio is not recorded"]
      #expect(differences.filter { line in !optional.contains { line.hasSuffix($0) } } == [])
      await client.close()
    }
  }

  @Test("audit rows come newest first, in pages, and outlive the process")
  func audit() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      for key in ["a", "b"] { _ = try await host.chat(key) }
    }
    try await host.withGateway { _ async throws in
      _ = try await host.chat("c")
      let (client, _) = try await ProtocolClient.connected(host)
      func page(_ parameters: JSON) async throws -> JSON {
        try #require(try await client.call("audit.list", parameters)["payload"])
      }
      func sequences(_ page: JSON) -> [Int64] {
        (page["events"]?.items ?? []).compactMap { $0["sequence"]?.whole }
      }
      let first = try await page(["limit": 4])
      #expect(sequences(first) == [6, 5, 4, 3])
      let cursor = try #require(first["nextCursor"])
      let second = try await page(["limit": 4, "cursor": cursor])
      #expect(sequences(second) == [2, 1])
      #expect(second["nextCursor"] == nil)
      let newest = try #require(first["events"]?.items?.first?["occurredAt"])
      #expect(try await sequences(page(["after": newest])).first == 6)
      #expect(try await sequences(page(["status": "started"])) == [5, 3, 1])
      #expect(
        try await sequences(page(["sessionKey": "agent:main:a"])) == [2, 1])
      #expect(try await client.call("audit.list", ["limit": 501])["ok"] == false)
      await client.close()
    }
  }

  @Test("a session over the WebSocket: answered, then told by events as recorded")
  func chat() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let message: JSON = ["sessionKey": "a", "message": "hi", "idempotencyKey": "run-1"]
      let answer = try await client.call("chat.send", message)
      #expect(answer["payload"] == ["runId": "run-1", "status": "started"])
      try await client.collect { $0.at("payload.state")?.text == "final" }
      let recorded = try #require(try recording("rpc/events-one-run").items)
      func expectSame(_ isIt: @escaping (JSON) -> Bool) async throws {
        let real = try #require(recorded.first(where: isIt))
        let ours = try #require(await client.events.first(where: isIt))
        #expect(shapeDifferences(real, ours) == [])
      }
      try await expectSame { $0.at("payload.data.phase")?.text == "start" }
      try await expectSame { $0.at("payload.data.phase")?.text == "finishing" }
      try await expectSame { $0.at("payload.state")?.text == "delta" }
      try await expectSame { $0.at("payload.state")?.text == "final" }
      let final = await client.events.last?.at("payload.message.content")?.items?.first
      #expect(final?["text"]?.text == "turn 1 of this conversation, release 1.4.1")
      #expect(try await host.says("a") == "turn 2 of this conversation, release 1.4.1")
      let sequences = await client.events.compactMap { $0["seq"]?.whole }
      #expect(sequences == sequences.sorted() && sequences.count > 5)
      await client.close()
    }
  }

  @Test("a full lane queues, and says so")
  func queue() async throws {
    let host = try StandInHost()
    try host.endless("1.4.1")
    try await host.withGateway({ $0.standIn.maxConcurrent = 1 }) { gateway async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      for run in ["run-1", "run-2", "run-3"] {
        _ = try await client.call(
          "chat.send", ["sessionKey": "a", "message": "hi", "idempotencyKey": .string(run)])
      }
      let answer = try await client.call("diagnostics.lanes")
      #expect(shapeDifferences(try recording("rpc/diagnostics.lanes-busy"), answer) == [])
      let main = answer.at("payload.lanes")?.items?.first { $0["lane"] == "main" }
      #expect(main?["activeCount"] == 1)
      #expect(main?["queuedCount"] == 2)
      for run in ["run-1", "run-2", "run-3"] {
        await gateway.endSessions()
        try await client.collect {
          $0.at("payload.state") == "final" && $0.at("payload.runId")?.text == run
        }
      }
      await client.close()
    }
  }

  @Test("control-plane writes have a budget")
  func budget() {
    var budget = WriteBudget()
    let waits = (0..<31).map { budget.spend(.suspendPrepare, now: Int64($0)) }
    #expect(waits.dropLast().allSatisfy { $0 == nil })
    #expect(waits.last == 60_000 - 30)
    #expect(budget.spend(.restartRequest, now: 31) == nil)
    #expect(budget.spend(.suspendPrepare, now: 60_001) == nil)
  }
}
