import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import Testing

@testable import OpenClawStandIn

@Suite("What the real 2026.9.6 answered is understood")
struct GatewayRecordingTests {
  @Test("hello, system.info and skills.status")
  func identity() async throws {
    let real = try ScriptedGateway.replaying([
      "system.info": "rpc/system.info", "skills.status": "rpc/skills.status",
    ])
    let before = SystemClock.wallMilliseconds()
    let control = try real.control()
    let identity = try await control.identity()
    #expect(identity.version == "2026.9.6")
    #expect(identity.buildID == "2026.9.6-release-eb377ac59e6c-2026-09-23T16-33-12.144Z")
    #expect(identity.bootID == (try recording("rpc/hello")).at("payload.server.bootId")?.text)
    #expect(identity.pid == 2147)
    #expect(identity.marker == nil, "its digest is none: sha256:00")
    let start = identity.startedAtMilliseconds
    #expect(start >= before - 10_628 && start <= SystemClock.wallMilliseconds() - 10_628)
    let skills = try await control.skills()
    let expected = try recording("rpc/skills.status").at("payload.skills")?.items ?? []
    #expect(skills.count == expected.count)
    #expect(
      skills[0]
        == LoadedSkill(
          name: "greeter", description: "Greets people politely, release 1.4.1.",
          source: "openclaw-extra", filePath: "/Users/claw/skills/current/greeter/SKILL.md",
          isEligible: true))
  }

  @Test("a restart in place makes the boot younger than the process, and the boot's age counts")
  func bootAge() async throws {
    let real = try ScriptedGateway(http: ["/startupz": try response("startupz-local")]) {
      method, _, _ in
      let name = method == "connect" ? "hello" : method
      return [.frame(try recording("rpc/\(name)"))]
    }
    let before = SystemClock.wallMilliseconds()
    let start = try await real.control().identity().startedAtMilliseconds
    #expect(start >= before - 8479 && start <= SystemClock.wallMilliseconds() - 8479)
  }

  @Test("diagnostics.lanes", arguments: ["rpc/diagnostics.lanes", "rpc/diagnostics.lanes-busy"])
  func lanes(name: String) async throws {
    let real = try ScriptedGateway.replaying(["diagnostics.lanes": name])
    #expect(try await real.control().queueDepth() == 0)
  }

  @Test("lanes of sessions count as well, and absurd numbers do not trap")
  func absurdLanes() async throws {
    let scripted = try ScriptedGateway { method, _, _ in
      if method == "connect" { return [.frame(try recording("rpc/hello"))] }
      let lanes: JSON = [["queuedCount": 2], ["queuedCount": -5]]
      return [.frame(.answer(["lanes": lanes, "dynamic": ["queuedCount": 3]]))]
    }
    #expect(try await scripted.control().queueDepth() == 5)
    let absurd = try ScriptedGateway { method, _, _ in
      if method == "connect" { return [.frame(try recording("rpc/hello"))] }
      let lane: JSON = ["queuedCount": .integer(.max)]
      return [.frame(.answer(["lanes": [lane, lane], "dynamic": nil]))]
    }
    #expect(try await absurd.control().queueDepth() == Int.max.clampedToJSON)
  }

  @Test("a drain that stays busy, its resumption and a restart")
  func suspension() async throws {
    let real = try ScriptedGateway.replaying([
      "gateway.suspend.prepare": "rpc/suspend-prepare-draining",
      "gateway.suspend.status": "rpc/suspend-status-draining",
      "gateway.suspend.resume": "rpc/suspend-resume",
      "gateway.restart.request": "rpc/restart-request",
    ])
    let control = try real.control()
    let report = try await control.drain(token: "op-1", deadline: .milliseconds(120))
    #expect(!report.isIdle)
    #expect(report.activeAtStart == 1 && report.activeNow == 1, "one session counts in four kinds")
    try await control.resume()
    try await control.requestRestart(reason: "sluice")
    #expect(real.methods.contains("gateway.suspend.resume"))
    #expect(real.methods.last == "gateway.restart.request")
  }

  @Test("a drain that is ready at once")
  func ready() async throws {
    let scripted = try ScriptedGateway { method, request, _ in
      if method == "connect" { return [.frame(try recording("rpc/hello"))] }
      #expect(request.at("params.requestId")?.text == "op-1")
      #expect(request.at("params.terminalPolicy")?.text == "terminate")
      #expect(request.at("params.drain")?.flag == true)
      return [
        .frame(
          .answer([
            "status": "ready", "suspensionId": "s", "expiresAtMs": 1, "activeCount": 0,
            "blockers": [],
          ]))
      ]
    }
    #expect(try await scripted.control().drain(token: "op-1", deadline: .seconds(600)).isIdle)
    #expect(scripted.methods == ["connect", "gateway.suspend.prepare"])
  }

  @Test(
    "every refusal is told in the operator's words, with what to do",
    arguments: [
      ("rpc/connect-bad-token", "does not accept the token", "gateway.auth.token"),
      ("rpc/connect-future-protocol", "it speaks protocol 4, Sluice speaks 4", "Update"),
      ("rpc/connect-old-protocol", "it speaks protocol 4", "Update"),
      ("rpc/connect-unknown-client", "must be equal to one of the allowed values", nil),
    ])
  func handshake(name: String, words: String, remedy: String?) async throws {
    let recorded = try recording(name)
    let answer = try #require(recorded["answer"])
    let closing = try #require(recorded["events"]?.items?.first)
    let code = UInt16(closing["closed"]?.whole ?? 0)
    let reason = closing["reason"]?.text ?? ""
    let real = try ScriptedGateway { _, _, _ in [.frame(answer), .close(code, reason)] }
    let error = try await failure {
      try await real.control().identity()
    }
    #expect(error.kind == .refused)
    #expect(error.message.contains(words))
    if let remedy { #expect(error.remedy?.contains(remedy) == true) }
  }

  @Test(
    "and so is every refusal of a method",
    arguments: [
      ("rpc/error-missing-scope", PortError.Kind.refused, "lacks the scope operator.admin"),
      ("rpc/error-unknown-method", .refused, "unknown method: sluice.nothing"),
      ("rpc/error-bad-params", .refused, "invalid gateway.suspend.status params"),
      ("rpc/rpc-while-draining-skills.status", .refused, "it is suspended"),
      ("rpc/rpc-while-prepared-skills.status", .refused, "it is suspended"),
      ("rpc/suspend-prepare-second-request", .refused, "another drain holds it for another 120 s"),
    ])
  func refusals(name: String, kind: PortError.Kind, words: String) async throws {
    let real = try ScriptedGateway.replaying(["skills.status": name])
    let error = try await failure {
      try await real.control().skills()
    }
    #expect(error.kind == kind)
    #expect(error.message.contains(words))
  }

  @Test("a busy gateway that does not close, though it was told to, is not taken for drained")
  func busy() async throws {
    let real = try ScriptedGateway.replaying([
      "gateway.suspend.prepare": "rpc/suspend-prepare-busy"
    ])
    let error = try await failure {
      try await real.control().drain(token: "op-1", deadline: .milliseconds(100))
    }
    #expect(error.message.contains("it did not close: busy"))
  }

  @Test("a build without a method says which, and what it is needed for")
  func missingMethod() async throws {
    let old = try ScriptedGateway { _, _, _ in
      [
        .frame(
          .answer([
            "server": ["version": "2026.9.1", "bootId": "b"],
            "features": ["methods": ["skills.status"]],

          ]))
      ]
    }
    let error = try await failure {
      try await old.control().drain(token: "op-1", deadline: .seconds(600))
    }
    #expect(error.kind == .refused)
    #expect(
      error.message.contains("OpenClaw 2026.9.1 has no method gateway.suspend.prepare"))
    #expect(error.remedy?.contains("2026.9.4") == true)
    #expect(old.methods == ["connect"])
  }

  @Test(
    "the probes' recorded answers",
    arguments: [
      ("startupz-local", "readyz-local", GatewayReadiness.started(failing: [])),
      ("startupz-suspended", "readyz-suspended", .draining),
      ("unknown-path", "readyz-local", .started(failing: [])),
      ("unknown-path", "readyz-suspended", .draining),
      (
        "unknown-path", "unknown-path",
        .unintelligible("/readyz answers 200 with text/html, not with OpenClaw's JSON")
      ),
      (
        "startupz-local", "readyz-remote",
        .unintelligible("/readyz answers 403 with application/json, not with OpenClaw's JSON")
      ),
    ])
  func probes(startup: String, readiness: String, expected: GatewayReadiness) async throws {
    let real = try ScriptedGateway(http: [
      "/startupz": try response(startup), "/readyz": try response(readiness),
    ])
    #expect(try await real.control().readiness() == expected)
  }

  @Test("components that fail are named, one of them or many, with and without details")
  func failing() async throws {
    func readiness(_ body: String) async throws -> GatewayReadiness {
      let gateway = try ScriptedGateway(http: [
        "/startupz": .json(#"{"ok":true,"status":"started"}"#),
        "/readyz": .json(body, status: 503),
      ])
      defer { withExtendedLifetime(gateway) {} }
      return try await gateway.control().readiness()
    }
    #expect(
      try await readiness(#"{"ready":false,"failing":["telegram","state-database"]}"#)
        == .started(failing: ["telegram", "state-database"]))
    #expect(
      try await readiness(#"{"ready":false}"#)
        == .started(failing: ["not ready, without details"]))
  }

  private func response(_ name: String) throws -> HTTPResponse {
    let recorded = try recording(name)
    let body = recorded["body"]
    return HTTPResponse(
      status: Int(recorded["status"]?.whole ?? 0),
      headers: ["Content-Type": recorded.at("headers")?["Content-Type"]?.text ?? ""],
      body: Array((body?.text ?? body?.compact ?? "").utf8))
  }
}
