import Foundation
import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

@Suite("A gateway's own word, over its protocol and its probes")
struct GatewayAdapterTests {
  @Test("the running process names its version, build, boot, pid and the release it has loaded")
  func identity() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { gateway in
      let control = try host.control()
      let first = try await control.identity()
      let (boot, build) = await gateway.onLoop { (gateway.bootID, gateway.buildID) }
      #expect(first.version == "2026.9.6")
      #expect(first.buildID == build)
      #expect(first.bootID == boot)
      #expect(first.pid == ProcessInfo.processInfo.processIdentifier)
      #expect(first.marker == (try Marker.sample("1.4.1")))
      #expect(first.startedAtMilliseconds <= SystemClock.wallMilliseconds())
      // Links are cold: what the disk says is not what the process has loaded.
      try host.swing(to: "1.4.2")
      #expect(try await control.identity() == first, "and it says the same as often as it is asked")
    }
  }

  @Test("a restart in place keeps the pid, changes the boot id and loads what the link names")
  func restart() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let control = try host.control()
      let before = try await control.identity()
      try host.swing(to: "1.4.2")
      try await control.requestRestart(reason: "sluice test")
      var after = before
      #expect(
        await eventually(within: .seconds(600)) {
          guard let identity = try? await control.identity() else { return false }
          after = identity
          return identity.bootID != before.bootID
        })
      #expect(after.pid == before.pid)
      #expect(after.marker == (try Marker.sample("1.4.2")))
      #expect(after.startedAtMilliseconds > before.startedAtMilliseconds)
      #expect(try host.starts().last?.contains("sluice test") == true)
    }
  }

  @Test("a pack without a marker proves nothing")
  func unmarked() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ in
      let identity = try await host.control().identity()
      #expect(identity.marker == nil)
    }
  }

  @Test("lists every skill with its source, and whether it can be used")
  func skills() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let skills = try await host.control().skills()
      let greeter = try #require(skills.first { $0.name == "greeter" })
      #expect(greeter.source == "openclaw-extra")
      #expect(greeter.isEligible)
      #expect(greeter.filePath == "\(host.skills)/current/greeter/SKILL.md")
      #expect(skills.first { $0.name == "1password" }?.isEligible == false)
      #expect(skills.contains { $0.name == Marker.skillName })
    }
  }

  @Test("counts what waits in all lanes")
  func queueDepth() async throws {
    let host = try StandInHost.marked()
    try host.endless("1.4.1")
    try await host.withGateway({ $0.standIn.maxConcurrent = 1 }) { gateway in
      let control = try host.control()
      #expect(try await control.queueDepth() == 0)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for key in ["a", "b", "c"] { group.addTask { _ = try await host.chat(key) } }
        try await waitUntil { await gateway.onLoop { gateway.lane.waiting.count == 2 } }
        #expect(try await control.queueDepth() == 2)
        while await gateway.onLoop({ !gateway.lane.isIdle }) { await gateway.endSessions() }
        try await group.waitForAll()
      }
    }
  }

  @Test("readiness follows a gateway's life, by what its probes say")
  func readiness() async throws {
    let host = try StandInHost.marked()
    let control = try host.control()
    guard case .down = await control.readiness() else {
      Issue.record("nobody listens yet")
      return
    }
    // The gateway listens at three fifths of its start, and is ready when the test says so.
    let gateway = try Gateway(host.configuration { $0.standIn.startMs = 3_600_000 })
    await gateway.onLoop { gateway.listen() }
    #expect(await control.readiness() == .starting("startup-sidecars"))
    await gateway.onLoop { gateway.becomeReady() }
    #expect(await control.readiness() == .started(failing: []))
    _ = try await control.drain(token: "op-1", deadline: .seconds(600))
    #expect(await control.readiness() == .draining)
    gateway.stop()
    _ = await gateway.waitUntilEnded()
    guard case .down(let reason) = await control.readiness() else {
      Issue.record("it has ended")
      return
    }
    #expect(reason.contains("127.0.0.1:\(host.port)"))
  }

  @Test("while it starts it refuses, and says that it starts")
  func starting() async throws {
    let host = try StandInHost.marked()
    let gateway = try Gateway(host.configuration { $0.standIn.startMs = 3_600_000 })
    await gateway.onLoop { gateway.listen() }
    let control = try host.control()
    // On a stalled machine the gateway ends a handshake that takes longer than 15 s: ask again.
    let isTold = await eventually(within: .seconds(600)) {
      let error = try? await failure { try await control.identity() }
      return error?.kind == .unreachable
        && error?.message.contains("it is still starting") == true
    }
    #expect(isTold)
    gateway.stop()
    _ = await gateway.waitUntilEnded()
  }

  @Test("finds out whether requests with forwarded headers are served")
  func behindBalancer() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let fault = try #require(try await host.control().faultBehindBalancer())
      #expect(fault.contains("proxy_attribution_required"))
      #expect(fault.contains("gateway.trustedProxies"))
    }
    try await host.withGateway({ $0.trustedProxies = ["127.0.0.1"] }) { _ in
      let fault = try await host.control().faultBehindBalancer()
      #expect(fault == nil)
    }
    let error = try await failure {
      try await host.control().faultBehindBalancer()
    }
    #expect(error.kind == .unreachable)
    // A balancer on another machine asks for itself: from here the gateway would judge another sender.
    let remote = try OpenClawGateway.forTest(
      "127.0.0.1:1", sessionAddress: "10.0.0.11:1", in: host.directory, client: HTTPClient())
    #expect(try await remote.faultBehindBalancer() == nil)
  }
}

@Suite("A gateway is warmed up with one session of Sluice's own")
struct WarmUpTests {
  @Test("waits until the gateway has started, then speaks in Sluice's own session")
  func whileStarting() async throws {
    let host = try StandInHost.marked()
    let control = try host.control()
    let gateway = try Gateway(host.configuration { $0.standIn.startMs = 300 })
    let milliseconds = try await control.warmUp(deadline: .seconds(600))
    #expect(milliseconds >= 0)
    let sessions = await gateway.onLoop { gateway.audit.page(AuditLog.Query(limit: 10)).rows }
    #expect(sessions.count == 2)
    #expect(sessions.allSatisfy { "\($0)".contains(OpenClawGateway.warmUpSessionKey) })
    gateway.stop()
    _ = await gateway.waitUntilEnded()
  }

  @Test("says what keeps it from being served")
  func faults() async throws {
    let host = try StandInHost.marked()
    let control = try host.control()
    let nobody = try await failure {
      try await control.warmUp(deadline: .milliseconds(300))
    }
    #expect(nobody.kind == .failed)
    #expect(nobody.message.contains("not within 300 ms"))
    try host.release("1.4.2", quality: #"{"errorRate":1,"latencyMs":{"p50":1,"sigma":0}}"#)
    try host.swing(to: "1.4.2")
    try await host.withGateway { _ in
      let stranger = try host.control(token: "another-token")
      let refused = try await failure {
        try await stranger.warmUp(deadline: .seconds(600))
      }
      #expect(refused.kind == .refused)
      #expect(refused.message.contains("does not accept the token"))
      let model = try await failure {
        try await control.warmUp(deadline: .seconds(600))
      }
      #expect(model.kind == .failed)
      #expect(model.message.contains("status 502, upstream provider error"))
    }
  }

  @Test("goes over the protocol where the HTTP interface is off", arguments: [true, false])
  func overTheProtocol(succeeds: Bool) async throws {
    let page = HTTPResponse(
      status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: [0x3C])
    let scripted = try ScriptedGateway(http: ["/v1/chat/completions": page]) { method, request, _ in
      if method == "connect" { return [.frame(try recording("rpc/hello"))] }
      let run = try #require(request.at("params.idempotencyKey"))
      func event(_ id: JSON, _ state: JSON) -> ScriptedGateway.Reply {
        .frame(["type": "event", "event": "chat", "payload": ["runId": id, "state": state]])
      }
      return [
        .frame(.answer(["runId": run, "status": "started"])), event("another", "error"),
        event(run, "status"), event(run, "delta"), event(run, succeeds ? "final" : "error"),
      ]
    }
    let control = try scripted.control()
    if succeeds {
      #expect(try await control.warmUp(deadline: .seconds(600)) >= 0)
    } else {
      let error = try await failure {
        try await control.warmUp(deadline: .seconds(600))
      }
      #expect(error.message.contains("the run ended as error"))
    }
    #expect(scripted.methods == ["connect", "chat.send"])
  }

  @Test("what clients use, and a release switches off, fails the warm-up by its name")
  func switchedOff() async throws {
    let host = try StandInHost.marked()
    try host.release(
      "1.4.2", quality: #"{"servesInterface":false,"latencyMs":{"p50":1,"sigma":0}}"#)
    let control = try host.control()
    try await host.withGateway { _ async throws in
      #expect(await control.sessionWay() == .http)
      #expect(try await control.warmUp(over: .http, deadline: .seconds(600)) >= 0)
    }
    try host.swing(to: "1.4.2")
    try await host.withGateway { gateway async throws in
      #expect(await control.sessionWay() == .gatewayProtocol)
      let error = try await failure {
        try await control.warmUp(over: .http, deadline: .seconds(600))
      }
      #expect(error.kind == .failed)
      #expect(error.message.contains("POST /v1/chat/completions answers status 404"))
      #expect(error.remedy?.contains("gateway.http.endpoints.chatCompletions.enabled") == true)
      let rows = await gateway.onLoop { gateway.audit.page(AuditLog.Query(limit: 10)).rows }
      #expect(rows.count == 2, "those of the release before: it did not fall back")
      // A gateway whose clients never came over HTTP is warmed up over its protocol.
      for way in [SessionWay.gatewayProtocol, nil] {
        #expect(try await control.warmUp(over: way, deadline: .seconds(600)) >= 0)
      }
    }
  }

  @Test("a page in place of the interface is no interface, and a wrong token is one")
  func ways() async throws {
    let page = HTTPResponse(
      status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: [0x3C])
    let scripted = try ScriptedGateway(http: [
      "/v1/chat/completions": page, "/v1/models": page,
    ]) { _, _, _ in [] }
    let control = try scripted.control()
    #expect(await control.sessionWay() == .gatewayProtocol)
    let error = try await failure {
      try await control.warmUp(over: .http, deadline: .seconds(600))
    }
    #expect(error.message.contains("answers a page, status 200"))
    let host = try StandInHost.marked()
    try await host.withGateway { _ async throws in
      let stranger = try host.control(token: "another")
      #expect(await stranger.sessionWay() == .http)
    }
    let nobody = try host.control()
    #expect(await nobody.sessionWay() == nil, "nobody listens")
  }

  @Test("the stand-in serves the same session over its protocol")
  func standInOverTheProtocol() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let (client, _) = try await ProtocolClient.connected(host)
      let answer = try await client.call(
        "chat.send",
        ["sessionKey": "sluice-warm-up", "message": "x", "idempotencyKey": "run-1"])
      #expect(answer.at("payload.runId")?.text == "run-1")
      try await client.collect { $0.at("payload.state")?.text == "final" }
      #expect(await client.event(named: "chat").last?.at("payload.runId")?.text == "run-1")
      await client.close()
    }
  }
}
