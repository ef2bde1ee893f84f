import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

@Suite("A gateway that breaks off, dawdles or lies does no harm")
struct GatewayHostilityTests {
  private func scripted(
    _ replies: [ScriptedGateway.Reply]
  ) throws -> ScriptedGateway {
    try ScriptedGateway { method, _, _ in
      method == "connect" ? [.frame(try recording("rpc/hello"))] : replies
    }
  }

  private func error(
    _ scripted: ScriptedGateway, deadlines: OpenClawDeadlines = .patient
  ) async throws -> PortError {
    let control = try scripted.control(deadlines: deadlines)
    return try await failure { try await control.skills() }
  }

  private static let quick: OpenClawDeadlines = {
    var deadlines = OpenClawDeadlines()
    deadlines.call = .milliseconds(300)
    deadlines.probe = .milliseconds(300)
    return deadlines
  }()

  @Test("a connection that ends in the middle: nothing was done when it only read")
  func dropped() async throws {
    let reading = try await error(scripted([.drop]))
    #expect(reading.kind == .unreachable)
    #expect(reading.message.contains("the connection ended in the middle (code 1006"))
    let closed = try await error(scripted([.close(1012, "service restart")]))
    #expect(closed.message.contains(#"code 1012, "service restart""#))
  }

  @Test("a change whose answer is lost is unknown, and is not made twice")
  func unknown() async throws {
    let gateway = try scripted([.drop])
    let control = try gateway.control()
    let error = try await failure {
      try await control.requestRestart(reason: "x")
    }
    #expect(error.kind == .unknown)
    #expect(error.remedy == "Look at its state before asking again.")
    #expect(gateway.methods == ["connect", "gateway.restart.request"])
  }

  @Test("silence ends at the deadline: before the challenge, after it, and after a call")
  func silence() async throws {
    for gateway in [
      try ScriptedGateway(greeting: []), try ScriptedGateway(), try scripted([]),
    ] {
      let error = try await error(gateway, deadlines: Self.quick)
      #expect(error.kind == .unreachable)
      #expect(error.message.contains("no answer within 300 ms"))
    }
  }

  @Test("events without an end do not keep a call from its deadline")
  func flood() async throws {
    let event = ScriptedGateway.Reply.text(#"{"type":"event","event":"agent","payload":{}}"#)
    let error = try await error(
      scripted(Array(repeating: event, count: 2000)), deadlines: Self.quick)
    #expect(error.message.contains("no answer within 300 ms"))
  }

  @Test("events and other answers before ours are passed over")
  func noise() async throws {
    let gateway = try scripted([
      .text(#"{"type":"event","event":"chat","payload":{"text":"what people say"}}"#),
      .text(#"{"type":"res","id":"another","ok":true,"payload":{"skills":[]}}"#),
      .frame(.answer(["skills": []])),
    ])
    #expect(try await gateway.control().skills() == [])
  }

  @Test(
    "what is not of the protocol is said to be so",
    arguments: [
      (ScriptedGateway.Reply.text("<html>"), "not of OpenClaw's protocol"),
      (.text(#"{"type":5}"#), "not of OpenClaw's protocol"),
      (.text(String(repeating: "[", count: 100_000)), "not of OpenClaw's protocol"),
      (.binary, "a binary frame"),
      (.frame(.answer(["skills": "none"])), "another form than expected"),
      (.frame(["type": "res", "id": ""]), "another form than expected"),
      (.frame(["type": "res", "id": "", "ok": false]), "another form than expected"),
    ])
  func lies(reply: ScriptedGateway.Reply, words: String) async throws {
    let error = try await error(scripted([reply]))
    #expect(error.kind == .failed)
    #expect(error.message.contains(words))
  }

  @Test("a server that begins otherwise is not OpenClaw")
  func notOpenClaw() async throws {
    let error = try await error(
      try ScriptedGateway(greeting: [.text(#"{"type":"hello","event":"welcome"}"#)]))
    #expect(error.message.contains("does not begin as OpenClaw's protocol does"))
    let plain = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      responder.respond(.text("no", status: 403))
    }
    defer { plain.stop() }
    let directory = try TemporaryDirectory()
    let client = HTTPClient()
    defer { client.shutdown() }
    let control = try OpenClawGateway.forTest(
      "127.0.0.1:\(plain.port)", in: directory, client: client)
    let refused = try await failure { try await control.skills() }
    #expect(refused.kind == .refused)
    #expect(refused.message.contains("HTTP status 403"))
    #expect(refused.remedy?.contains("forwarded headers") == true)
  }

  @Test("a frame beyond all measure closes the connection")
  func oversized() async throws {
    let huge = #"{"type":"event","event":""# + String(repeating: "a", count: 9 << 20) + #""}"#
    let error = try await error(scripted([.text(huge)]))
    #expect(error.message.contains("code 1009"))
  }

  @Test("bodies beyond all measure, and bodies of another kind, are no answers")
  func oversizedBodies() async throws {
    let huge = HTTPResponse.json(
      #"{"status":"clean","x":""# + String(repeating: "a", count: 2 << 20) + #""}"#)
    let gateway = try ScriptedGateway(http: ["/startupz": huge, "/v1/webhook-digest": huge])
    guard case .down = try await gateway.control(deadlines: Self.quick).readiness() else {
      Issue.record("it was read")
      return
    }
    let digest = try await failure {
      try await gateway.control(digest: true).webhookDigest()
    }
    #expect(digest.kind == .failed)
  }

  @Test("what it writes cannot move the cursor, nor fill the screen")
  func terminal() async throws {
    let message = "\u{1B}[2Jgone\n\u{202E}" + String(repeating: "x", count: 5000)
    let error = try await error(
      scripted([.frame(.refusal("X", .string(message)))]))
    #expect(!error.message.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    #expect(error.message.count < 500)
  }

  @Test("an uptime beyond all measure is refused, not computed with")
  func absurdUptime() async throws {
    let gateway = try ScriptedGateway { method, _, _ in
      method == "connect"
        ? [
          .frame(
            .answer([
              "server": ["version": "1", "bootId": "b"]
            ]))
        ] : [.frame(.answer(["uptimeMs": .integer(.min), "skills": []]))]
    }
    let error = try await failure {
      try await gateway.control().identity()
    }
    #expect(error.message.contains("since when it runs"))
  }
}

@Suite("The gateway's token is shown nowhere")
struct GatewayTokenTests {
  private static let secret = "s3cret-t0ken-of-the-gateway"

  @Test("not by a gateway that repeats it in every refusal, nor by a description of anything")
  func repeated() async throws {
    let secret = Self.secret
    let echo = JSON.refusal(.string(secret), .string("your token \(secret) is \(secret)"))
    let answer = HTTPResponse.json(
      #"{"error":{"message":"bad \#(secret)","type":"\#(secret)"}}"#, status: 400)
    let gateway = try ScriptedGateway(
      http: ["/v1/chat/completions": answer, "/startupz": .text(secret), "/readyz": .text(secret)]
    ) { _, _, _ in [.frame(echo), .close(1008, secret)] }
    let control = try gateway.control(token: secret)
    var shown = ["\(control)", String(reflecting: control), "\(await control.readiness())"]
    dump(control, to: &shown[0])
    for call in [
      { _ = try await control.identity() },
      { _ = try await control.skills() },
      { try await control.resume() },
      { _ = try await control.warmUp(deadline: .seconds(600)) },
      {
        _ = try await control.drain(token: "op", deadline: .seconds(600))
      },
    ] as [@Sendable () async throws -> Void] {
      let error = try await failure(call)
      shown.append("\(error) \(String(reflecting: error))")
      #expect(error.message.contains("<token>"))
    }
    #expect(shown.filter { $0.contains(secret) } == [])
  }

  @Test("a closing reason and an odd server do not show it either")
  func closing() async throws {
    let secret = Self.secret
    let gateway = try ScriptedGateway { _, _, _ in [.close(1008, "no \(secret)")] }
    let error = try await failure {
      try await gateway.control(token: secret).skills()
    }
    #expect(error.message.contains(#""no <token>""#))
  }

  @Test("a token file that others may read, or that is none, is refused before anything is sent")
  func files() async throws {
    let gateway = try ScriptedGateway()
    let directory = gateway.directory
    func refusal(_ path: String) async throws -> PortError {
      let service = ServiceSpec.process(program: "", arguments: [], log: "", record: "")
      let spec = OpenClawSpec(
        cli: "", tokenFile: path, digest: nil, service: service, environment: [:])
      let control = OpenClawGateway(
        address: "127.0.0.1:1", spec: spec, time: RealTime(), client: gateway.client)
      return try await failure { try await control.skills() }
    }
    func file(_ name: String, _ text: String, mode: UInt32) throws -> String {
      try Files.replace(directory(name), with: Array(text.utf8), mode: mode, durable: false)
      return directory(name)
    }
    let open = try await refusal(file("open", Self.secret, mode: 0o640))
    #expect(open.kind == .refused)
    #expect(open.message.contains("has mode 0640"))
    #expect(open.remedy == "chmod 600 \(directory("open"))")
    #expect(!"\(open)".contains(Self.secret))
    #expect(try await refusal(directory("none")).message.contains("does not exist"))
    #expect(try await refusal(directory.path).message.contains("not a regular file"))
    for text in ["", "\n", "two words", "two\nlines", "caf\u{E9}", "\u{1}"] {
      let error = try await refusal(file("odd", text, mode: 0o600))
      #expect(error.message.contains("not one line of visible ASCII"))
    }
    let long = String(repeating: "x", count: 5000)
    #expect(try await refusal(file("long", long, mode: 0o600)).message.contains("cannot be read"))
    #expect(gateway.methods == [])
  }
}
