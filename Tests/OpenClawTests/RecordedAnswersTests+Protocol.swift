import SluiceCore
import SluiceSystem
import Testing

@testable import OpenClawStandIn
@testable import SluiceOpenClaw

/// Recordings below `rpc/`: what came over the gateway's own protocol, and beside it while it was spoken.
extension RecordedAnswersTests {
  func rpc(_ name: String, _ recorded: JSON) throws {
    if name.hasPrefix("events-") { return try events(name, recorded) }
    if name.hasPrefix("http-") { return http(name, answer(recorded)) }
    if name == "after-restart" {
      #expect(recorded["same_pid"]?.flag == true && recorded.at("server.bootId")?.text != nil)
      return
    }
    if name == "hello-read-only-auth" {
      #expect(recorded["scopes"]?.items?.compactMap(\.text) == ["operator.read"])
      return
    }
    let frame = recorded["answer"] ?? recorded
    let bytes = Array(frame.compact.utf8)
    let envelope = try #require(JSONText.decode(Frames.Envelope.self, bytes))
    func payload<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try #require(JSONText.decode(Frames.Payload<Value>.self, bytes)).payload
    }
    switch name {
    case "challenge": #expect(envelope.event == "connect.challenge")
    case "hello":
      let hello = try payload(Frames.Hello.self)
      #expect(hello.server.version == "2026.9.6" && !hello.isSuspended)
      #expect([.auditList, .suspendPrepare, .restartRequest].allSatisfy { hello.offer.has($0) })
    case "connect-bad-token": #expect(envelope.error?.details?.code == "AUTH_TOKEN_MISMATCH")
    case "connect-future-protocol", "connect-old-protocol":
      #expect(envelope.error?.details?.expectedProtocol == 4)
    case "connect-unknown-client", "error-bad-params", "error-unknown-method":
      #expect(envelope.error?.code == "INVALID_REQUEST")
    case "error-missing-scope": #expect(envelope.error?.details?.missingScope == "operator.admin")
    case "rpc-while-draining-skills.status", "rpc-while-prepared-skills.status":
      #expect(envelope.error?.details?.reason == "gateway-suspending")
    case "suspend-prepare-second-request":
      #expect(envelope.error?.details?.reason == "gateway-suspension-conflict")
    case _ where name.hasPrefix("suspend-prepare"), _ where name.hasPrefix("suspend-status"):
      try suspension(name, try payload(Frames.Suspension.self))
    case "suspend-resume", "suspend-resume-again":
      #expect(try payload(Frames.Resumed.self).ok)
    case "restart-request": #expect(try payload(Frames.RestartAnswer.self).ok)
    case "skills.status": #expect(try payload(Frames.Skills.self).skills.count == 4)
    case "system.info": #expect(try payload(Frames.SystemInfo.self).pid == 2147)
    case "diagnostics.lanes", "diagnostics.lanes-busy":
      let lanes = try payload(Frames.Lanes.self).lanes
      #expect(lanes.count == 9 && lanes.allSatisfy { $0.queuedCount == 0 && $0.blockedBy == nil })
    case "audit.list", "audit.list-running":
      let rows = try payload(Frames.Runs.self).events.map { $0.row("salt") }
      #expect(rows.map(\.sequence) == (name == "audit.list" ? [2, 1] : [3, 2, 1]))
      #expect(rows.suffix(2).map(\.status) == [.succeeded, .started])
      #expect(rows.suffix(2).map(\.run).count { $0 == rows[rows.count - 1].run } == 2)
      #expect(rows.allSatisfy { !$0.isOwn && $0.session?.contains("agent") == false })
    case "health", "status", "sessions.list-active", "gateway.restart.preflight":
      // Not asked for; that they are answers is all that is read.
      #expect(envelope.ok == true && envelope.error == nil)
    default: Issue.record("nobody reads rpc/\(name)")
    }
  }

  private func suspension(_ name: String, _ answer: Frames.Suspension) throws {
    switch name {
    case "suspend-prepare-busy": #expect(answer.status == "busy" && answer.suspensionId == nil)
    case "suspend-status-none": #expect(answer.status == "running")
    case "suspend-status-ready": #expect(answer.status == "ready" && answer.active == 0)
    default: #expect(answer.status == "draining" && answer.active == 1)
    }
  }

  private func http(_ name: String, _ answer: ProbeAnswer) {
    switch name {
    case "http-new-session-while-draining": #expect(ProbeReaders.isClosed(answer))
    case "http-readyz-while-draining": #expect(ProbeReaders.readiness(answer) == .draining)
    // Cut off by the recorder: it finished while the gateway was ending.
    case "http-run-at-sigterm": #expect(answer.status == 200)
    default: Issue.record("nobody reads rpc/\(name)")
    }
  }

  private func events(_ name: String, _ recorded: JSON) throws {
    let frames = try #require(recorded.items ?? recorded["events"]?.items)
    let news = frames.compactMap { frame -> GatewayNews? in
      guard let event = frame["event"]?.text else { return nil }
      return GatewayEvents.news(event, Array(frame.compact.utf8))
    }
    switch name {
    case "events-one-run": #expect(news == [.runStarted], "of 13 events one says something")
    case "events-restart": #expect(news == [.shutdown(reason: "gateway restarting")])
    case "events-sigterm": #expect(news == [.shutdown(reason: "gateway stopping")])
    case "events-suspension":
      let phases = ["preparing", "accepting", "preparing", "draining", "prepared", "accepting"]
      #expect(news == phases.map { .suspension(phase: $0) })
    default: Issue.record("nobody reads rpc/\(name)")
    }
  }
}
