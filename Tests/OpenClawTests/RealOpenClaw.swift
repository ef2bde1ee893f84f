import Foundation
import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import OpenClawStandIn

/// The real OpenClaw, where it is installed: `SLUICE_OPENCLAW` names a directory with
/// `bin/openclaw-VERSION`. Without it the tests that need it say so, and are skipped.
enum RealOpenClaw {
  static let variable = "SLUICE_OPENCLAW"

  static var programs: [(version: String, path: String)] {
    guard let root = ProcessInfo.processInfo.environment[variable] else { return [] }
    let names = (try? Files.names(in: "\(root)/bin")) ?? []
    return names.filter { $0.hasPrefix("openclaw-") }.sorted()
      .map { (String($0.dropFirst("openclaw-".count)), "\(root)/bin/\($0)") }
  }

  static var versions: [String] { programs.map(\.version) }
}

/// A model that answers at once, or when it is told to: OpenAI-compatible, streamed.
final class StandInModel: Sendable {
  private final class Hands: Sendable {
    private struct State {
      var isHolding = false
      var held: [HTTPResponder] = []
    }
    private let state = Mutex(State())

    func take(_ responder: HTTPResponder) {
      let isHeld = state.withLock { state in
        if state.isHolding { state.held.append(responder) }
        return state.isHolding
      }
      if !isHeld { responder.respond(StandInModel.answer) }
    }

    var heldCount: Int { state.withLock { $0.held.count } }
    func hold() { state.withLock { $0.isHolding = true } }

    func letGo() {
      let held = state.withLock { state in
        defer { state = State() }
        return state.held
      }
      for responder in held { responder.respond(StandInModel.answer) }
    }
  }

  private let hands: Hands
  private let server: HTTPServer
  var port: UInt16 { server.port }

  init() throws {
    let hands = Hands()
    self.hands = hands
    server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      hands.take(responder)
    }
  }

  deinit { server.stop() }

  var heldCount: Int { hands.heldCount }
  /// From now on nothing is answered.
  func hold() { hands.hold() }
  func letGo() { hands.letGo() }

  private static let answer: HTTPResponse = {
    let chunk: (JSON, JSON) -> String = { delta, reason in
      let whole: JSON = [
        "id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m1",
        "choices": [["index": 0, "delta": delta, "finish_reason": reason]],
      ]
      return "data: \(whole.compact)\n\n"
    }
    let text =
      chunk(["role": "assistant", "content": "ready"], nil) + chunk([:], "stop")
      + "data: [DONE]\n\n"
    return HTTPResponse(
      status: 200, headers: ["Content-Type": "text/event-stream"], body: Array(text.utf8))
  }()
}

/// One real gateway on loopback, with a home, two releases and a link of its own.
final class RealGateway: Sendable {
  static let token = "a-token-of-the-test"

  let host: StandInHost
  let model: StandInModel
  let program: String
  private let process = Mutex<ProcessIdentity?>(nil)

  init(_ version: String) throws {
    program = try #require(RealOpenClaw.programs.first { $0.version == version }?.path)
    host = try StandInHost.marked()
    model = try StandInModel()
  }

  deinit {
    if let process = process.withLock({ $0 }) { try? Processes.signal(process, 9, group: true) }
  }

  private var home: String { host.directory("home") }

  var environment: [String: String] {
    [
      "HOME": home, "NO_COLOR": "1", "OPENCLAW_NO_AUTO_UPDATE": "1", "PATH": "/usr/bin:/bin",
      "OPENCLAW_SKIP_CHANNELS": "1",
    ]
  }

  var control: OpenClawGateway {
    get throws {
      try OpenClawGateway.forTest(
        "127.0.0.1:\(host.port)", in: host.directory, client: host.client, token: Self.token,
        cli: program, environment: environment)
    }
  }

  func start() async throws {
    try Files.makeDirectory("\(home)/.openclaw", mode: 0o700)
    let provider: JSON = [
      "baseUrl": .string("http://127.0.0.1:\(model.port)/v1"), "apiKey": "x",
      "api": "openai-completions",
      "models": [["id": "m1", "name": "m1", "contextWindow": 128_000, "maxTokens": 2048]],
    ]
    let settings: JSON = [
      "gateway": [
        "mode": "local", "port": .integer(Int64(host.port)), "bind": "loopback",
        "auth": ["mode": "token", "token": .string(Self.token)],
        "http": ["endpoints": ["chatCompletions": ["enabled": true]]],
      ], "skills": ["load": ["extraDirs": [.string("\(host.skills)/current")]]],
      "models": ["providers": ["standin": provider]],
      "agents": ["defaults": ["model": "standin/m1", "skipBootstrap": true]],
    ]
    try Files.replace(
      "\(home)/.openclaw/openclaw.json", with: Array(settings.compact.utf8), mode: 0o600,
      durable: false)
    // On a machine that stalls it gives up its start ("heartbeat did not become ready").
    for _ in 0..<5 where try await !isStarted() {}
    let control = try control
    guard await control.readiness() == .started(failing: []) else {
      let log = (try? Files.readText(host.directory("gateway.log"))) ?? ""
      Issue.record("the real gateway did not start: \(log.suffix(2_000))")
      return
    }
  }

  private func isStarted() async throws -> Bool {
    let control = try control
    if await control.readiness() == .started(failing: []) { return true }
    let started = try Processes.spawnDetached(
      ProcessCommand(program, ["gateway", "run"], environment: environment, directory: home),
      outputPath: host.directory("gateway.log"))
    process.withLock { $0 = started }
    let isReady = try? await eventually(within: .seconds(300)) {
      guard Processes.isRunning(started) else { throw PortError(.failed, "it ended") }
      return await control.readiness() == .started(failing: [])
    }
    return isReady ?? false
  }

  /// One turn of a session, in the background: it ends with the model's answer.
  func beginSession() async throws {
    model.hold()
    let before = model.heldCount
    let (client, port) = (host.client, host.port)
    Task {
      let body = #"{"model":"openclaw","messages":[{"role":"user","content":"hi"}]}"#
      _ = try? await client.send(
        HTTPRequest(
          "POST", "http://127.0.0.1:\(port)/v1/chat/completions",
          headers: [
            "Authorization": "Bearer \(Self.token)", "Content-Type": "application/json",
            "x-openclaw-session-key": "conformance-\(Randomness.hexadecimal(bytes: 4))",
          ], body: Array(body.utf8), deadline: .seconds(600)))
    }
    #expect(await eventually(within: .seconds(300)) { model.heldCount > before })
  }

  func stop() async {
    guard let running = process.withLock({ $0 }) else { return }
    model.letGo()
    try? Processes.signal(running, 15, group: true)
    if !(await Processes.waitForExit(running, deadline: .seconds(60))) {
      try? Processes.signal(running, 9, group: true)
      _ = await Processes.waitForExit(running, deadline: .seconds(10))
    }
    process.withLock { $0 = nil }
  }
}
