import Foundation
import SluiceCore
import SluiceHTTP
import SluiceHost
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// Where the real OpenClaw is, if it is.
enum RealOpenClaw {
  static let installation = HostFacts.environment(["SLUICE_OPENCLAW"])["SLUICE_OPENCLAW"]
}

/// The real OpenClaw, where `SLUICE_OPENCLAW` names a directory that holds `2026.9.4/node_modules`,
/// `2026.9.6/node_modules`, and programs of both, `bin/openclaw-2026.9.4` and `-2026.9.6`.
@Suite(
  "The real OpenClaw that becomes another build", .serialized,
  .enabled(
    if: RealOpenClaw.installation != nil,
    "set SLUICE_OPENCLAW to a directory with OpenClaw 2026.9.4 and 2026.9.6 to run this"))
struct RealBuildTests {
  /// A start of a migrating build on a busy machine.
  private static let startMilliseconds: Int64 = 900_000

  private func host(model port: UInt16) async throws -> TestHost {
    let installation = try #require(RealOpenClaw.installation)
    let plain = try await TestHost(
      interval: 5_000, openclaw: BuildHost.builds[0], next: BuildHost.builds[1])
    let gateway = try #require(try PortFinder.freeLoopbackPorts(1).first)
    for version in BuildHost.builds {
      let directory = plain.home("builds/\(version)")
      try Files.makeDirectory(directory)
      try Files.swingLink(
        "\(directory)/node_modules", to: "\(installation)/\(version)/node_modules", token: "t")
      try BuildHost.wrapper(
        "exec \"\(installation)/bin/openclaw-\(version)\" \"$@\"", at: directory)
    }
    let environment = [
      "HOME": plain.home.path, "OPENCLAW_STATE_DIR": plain.home("claw"), "NO_COLOR": "1",
      "OPENCLAW_CONFIG_PATH": plain.home("claw/openclaw.json"), "OPENCLAW_NO_AUTO_UPDATE": "1",
      "OPENCLAW_DISABLE_BONJOUR": "1", "PATH": "/usr/bin:/bin",
    ]
    let host = try await BuildHost.process(plain, port: gateway, environment: environment)
    try TestHost.write(
      Self.configuration(
        gateway: gateway, model: port, skills: plain.home("skills/current"),
        workspace: plain.home("claw/workspace")), to: host.home("claw/openclaw.json"))
    return host
  }

  private static func configuration(
    gateway: UInt16, model: UInt16, skills: String, workspace: String
  ) -> String {
    """
    {"gateway":{"mode":"local","port":\(gateway),"bind":"loopback",
      "auth":{"mode":"token","token":"\(BuildHost.token)"},"trustedProxies":["127.0.0.1"],
      "http":{"endpoints":{"chatCompletions":{"enabled":true}}}},
    "skills":{"load":{"extraDirs":["\(skills)"]}},
    "models":{"catalogRefresh":{"enabled":false},"providers":{"standin":{"baseUrl":"http://127.0.0.1:\(model)/v1","apiKey":"x",
      "api":"openai-completions",
      "models":[{"id":"m1","name":"m1","contextWindow":128000,"maxTokens":2048}]}}},
    "agents":{"defaults":{"model":"standin/m1","skipBootstrap":true,"workspace":"\(workspace)",
      "heartbeat":{"every":"0m"}}}}
    """
  }

  /// A model that answers how many questions of this conversation it was shown.
  private static func model() throws -> HTTPServer {
    let options = HTTPServer.Options(maximumBodyBytes: 16 << 20)
    return try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0), options: options) {
      request, responder in
      let turns = request.text.components(separatedBy: "Which turn is it?").count - 1
      let chunk: (String, String) -> String = { delta, finish in
        #"data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m1","choices":"#
          + #"[{"index":0,"delta":\#(delta),"finish_reason":\#(finish)}]}"# + "\n\n"
      }
      let text =
        chunk(#"{"role":"assistant","content":"This is turn \#(turns)."}"#, "null")
        + chunk("{}", "\"stop\"") + "data: [DONE]\n\n"
      responder.respond(
        HTTPResponse(
          status: 200, headers: ["Content-Type": "text/event-stream"], body: Array(text.utf8)))
    }
  }

  @Test("is tried on a copy of its state while it serves, and nothing of it changes")
  func trial() async throws {
    try await running { host, client in
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 1"))
      let before = try await host.services.gateway.identity()
      let request = TrialRequest(
        build: host.new.lock.openclaw, limitMilliseconds: Self.startMilliseconds)
      guard
        case .tried(let report) = try await client.perform(
          .tryBuild(request), id: OperationID(rawValue: "try-1/mac-a"), epoch: Epoch(1),
          deadline: .seconds(1_200))
      else { throw PortError(.failed, "no trial") }
      print("trial of the real build: \(report)")
      #expect(report.isPassed, "\(report)")
      #expect(report.before.sessions == 1 && report.after?.sessions == 1)
      #expect(report.before.agents == 1 && report.after?.agents == 1)
      #expect(try await host.services.gateway.identity().bootID == before.bootID)
      #expect(try Files.names(in: host.home.path).allSatisfy { !$0.contains(".trial-") })
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 2"))
    }
  }

  private func running(
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    let model = try Self.model()
    defer { model.stop() }
    let host = try await host(model: model.port)
    _ = try await host.services.service.start()
    do {
      try await host.withAgent { client in
        let isUp = try await eventually(within: .seconds(900)) {
          try await client.probe().skills.version == "1.4.1"
        }
        if !isUp { Issue.record("\(try await client.probe())") }
        let found = try await client.ask(.findings, deadline: Self.patience).findings
        _ = try await ordered(client, .accept(found), "p/0")
        _ = try await ordered(client, .place(host.new), "p/1")
        try await body(host, client)
      }
    } catch {
      print((try? Files.readEnd(of: host.home("log"), limit: 4 << 10)).map(Self.text) ?? "no log")
      _ = try? await host.services.service.stop(deadline: .seconds(30))
      throw error
    }
    _ = try await host.services.service.stop(deadline: .seconds(30))
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func swing(_ host: TestHost, to release: Release, _ state: StateMove?) -> HostOperation {
    host.swing(to: release, state: state) {
      $0.startMilliseconds = Self.startMilliseconds
      $0.drainMilliseconds = 30_000
    }
  }

  private func swung(_ client: any HostClient, _ operation: HostOperation, _ id: String)
    async throws
    -> SwingReport
  {
    guard case .swung(let swung) = try await ordered(client, operation, id) else {
      throw PortError(.failed, "no swing")
    }
    return swung
  }

  /// OpenClaw's command line takes seconds, and minutes where many ask for a processor.
  private static let patience = Duration.seconds(1_800)

  private func ordered(_ client: any HostClient, _ operation: HostOperation, _ id: String)
    async throws
    -> HostReport
  {
    try await client.perform(
      operation, id: OperationID(rawValue: id), epoch: Epoch(1), deadline: Self.patience)
  }

  @Test(
    "2026.9.4 → 2026.9.6 migrates a state of which a copy stands; back, 2026.9.4 has its sessions")
  func forwardAndBack() async throws {
    try await running { host, client in
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 1"))
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 2"))
      let whole = try await client.ask(.survey(), deadline: Self.patience)
      let survey = try #require(whole.builds)
      #expect(survey.state.fault == nil)
      let builds = BuildHost.builds.compactMap { survey.build($0)?.found }
      #expect(builds.map(\.schemas) == [["state": 17, "agent": 19], ["state": 18, "agent": 23]])
      let change = try #require(BuildChange(from: builds[0], to: builds[1]))
      #expect(change.rollback == .state)

      let forward = try await swung(client, swing(host, to: host.new, .copy), "p/2")
      #expect(forward.after.version == "2026.9.6")
      #expect(forward.after.buildID == builds[1].build)
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 3"))
      Self.tell("forward", forward)

      let back = try await swung(
        client, swing(host, to: host.old, .putBack(of: OperationID(rawValue: "p/2"))), "p/3")
      #expect(back.after.version == "2026.9.4")
      // The third turn was said to the newer build.
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 3"))
      let aside = try #require(back.state?.aside)
      #expect(try Files.status(of: "\(aside)/state/openclaw.sqlite") != nil)
      Self.tell("back", back)
    }
  }

  @Test("without Sluice's copy 2026.9.4 refuses the newer state, and Sluice says so")
  func withoutCopy() async throws {
    try await running { host, client in
      _ = try await swung(client, swing(host, to: host.new, nil), "p/2")
      let error = await portError {
        _ = try await swung(client, swing(host, to: host.old, nil), "p/3")
      }
      #expect(error.message.contains("exit code 78"))
      #expect(error.message.contains("uses newer schema version 18; this build supports 17"))
    }
  }

  private static func tell(_ way: String, _ report: SwingReport) {
    let state = report.state.map { "\($0.bytes) bytes of state in \($0.milliseconds) ms" } ?? "-"
    print(
      "real build, \(way): \(state), drain \(report.drainMilliseconds) ms, start "
        + "\(report.restartMilliseconds) ms, warm-up \(report.warmUpMilliseconds) ms, all "
        + "\(report.totalMilliseconds) ms")
  }
}
