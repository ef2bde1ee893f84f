import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceOpenClaw

/// While a gateway is down any user of its host can listen at its port.
@Suite("A stranger at the gateway's port")
struct StrangerAtThePortTests {
  private static let token = "secret-of-the-gateway"
  private static let other = HostFacts.userIdentifier &+ 1

  private final class Notes: Sendable {
    private let text = Mutex("")

    func add(_ more: String) { text.withLock { $0 += more + "\n" } }
    var all: String { text.withLock { $0 } }
  }

  /// Answers as OpenClaw does, and writes down all that it is sent.
  private final class Listening: Sendable {
    let client = HTTPClient()
    let home: TemporaryDirectory
    private let notes: Notes
    private let server: HTTPServer

    init() throws {
      home = try TemporaryDirectory()
      let notes = Notes()
      self.notes = notes
      server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { request, responder in
        notes.add("\(request.method) \(request.path) \(request.headers.entries) \(request.text)")
        guard request.headers["Upgrade"] != nil else {
          var answer = HTTPResponse.text(#"{"status":"started","ready":true,"failing":[]}"#)
          answer.headers["Content-Type"] = "application/json"
          return responder.respond(answer)
        }
        responder.upgradeToWebSocket { peer in
          peer.onText { text in notes.add(text) }
          peer.send(
            text: #"{"type":"event","event":"connect.challenge","payload":{"nonce":"n","ts":1}}"#)
        }
      }
    }

    deinit {
      server.stop()
      client.shutdown()
    }

    var port: UInt16 { server.port }
    var text: String { notes.all }

    func gateway(
      listeners: @escaping @Sendable (SocketAddress) -> Listeners,
      servicePid: @escaping @Sendable () async -> Int32? = { nil }
    ) throws -> OpenClawGateway {
      try StrangerAtThePortTests.gateway(
        port, home, client, listeners: listeners, servicePid: servicePid)
    }
  }

  private static func gateway(
    _ port: UInt16, _ home: TemporaryDirectory, _ client: HTTPClient,
    listeners: @escaping @Sendable (SocketAddress) -> Listeners = Listeners.at,
    servicePid: @escaping @Sendable () async -> Int32? = { nil }
  ) throws -> OpenClawGateway {
    try Files.replace(home("token"), with: Array(token.utf8), mode: 0o600, durable: false)
    let service = ServiceSpec.process(program: "/nowhere", arguments: [], log: "", record: "")
    let spec = OpenClawSpec(
      cli: "/nowhere/openclaw", tokenFile: home("token"), digest: nil, service: service,
      environment: [:])
    var deadlines = OpenClawDeadlines()
    deadlines.call = .milliseconds(500)
    return OpenClawGateway(
      address: "127.0.0.1:\(port)", spec: spec, time: RealTime(), client: client,
      deadlines: deadlines, servicePid: servicePid, listeners: listeners)
  }

  /// Everything that takes the token along.
  private func askEverything(_ gateway: OpenClawGateway) async {
    _ = await gateway.readiness()
    _ = try? await gateway.identity()
    _ = try? await gateway.queueDepth()
    _ = try? await gateway.stateDirectory()
    _ = await gateway.sessionWay()
    _ = try? await gateway.drain(token: "d", deadline: .zero)
    _ = try? await gateway.warmUp(deadline: .milliseconds(500))
    _ = await gateway.examine(tenants: [])
  }

  @Test("another user's process never sees the token, and the probe names its user")
  func stranger() async throws {
    let listening = try Listening()
    let other = Self.other
    let gateway = try listening.gateway { _ in Listeners(users: [other], isComplete: true) }
    await askEverything(gateway)
    #expect(listening.text.contains("/readyz"))
    #expect(!listening.text.contains(Self.token))
    guard case .down(let why) = await gateway.readiness() else {
      Issue.record("a stranger counts as the gateway")
      return
    }
    #expect(why.contains("(\(other))") && why.contains("127.0.0.1:\(listening.port)"))
    let error = try await failure { try await gateway.skills() }
    #expect(error.kind == .refused && error.message.contains("(\(other))"))
    #expect(error.remedy?.contains("Nothing secret was sent there") == true)
    #expect(!"\(error)".contains(Self.token))
  }

  @Test("the kept connection is not opened to a stranger either")
  func kept() async throws {
    let listening = try Listening()
    let other = Self.other
    let looks = Mutex(0)
    let gateway = try listening.gateway { _ in
      looks.withLock { $0 += 1 }
      return Listeners(users: [other], isComplete: true)
    }
    let attending = Task { await gateway.attend { _ in } }
    #expect(await eventually { looks.withLock { $0 >= 2 } })
    attending.cancel()
    await attending.value
    #expect(!listening.text.contains(Self.token))
  }

  @Test("one stranger beside the gateway is enough, and nobody at all is sent nothing")
  func beside() async throws {
    let listening = try Listening()
    for users: Set<UInt32> in [[HostFacts.userIdentifier, Self.other], []] {
      let gateway = try listening.gateway { _ in Listeners(users: users, isComplete: true) }
      await askEverything(gateway)
    }
    #expect(!listening.text.contains(Self.token))
  }

  @Test("the token's owner gets it, and so does a process whose owner is unknown")
  func owner() async throws {
    for seen in [
      Listeners(users: [HostFacts.userIdentifier], isComplete: true),
      Listeners(users: [], isComplete: false),
    ] {
      let listening = try Listening()
      await askEverything(try listening.gateway { _ in seen })
      #expect(listening.text.contains(Self.token))
    }
  }

  @Test("the probes are asked without the token, whichever process listens")
  func probes() async throws {
    let listening = try Listening()
    let gateway = try listening.gateway { Listeners.at($0) }
    #expect(await gateway.readiness() == .started(failing: []))
    #expect(listening.text.contains("/startupz") && !listening.text.contains("Bearer"))
  }

  /// Answers as a gateway that is ready, as user 65534, and writes down what it is sent.
  private static let impostor = """
    import os, socket, sys
    heard = open(sys.argv[2], "ab", 0)
    os.setgid(65534); os.setuid(65534)
    door = socket.socket(); door.bind(("127.0.0.1", int(sys.argv[1]))); door.listen(64)
    body = b'{"status":"started","ready":true,"failing":[]}'
    head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nConnection: close\\r\\n"
    while True:
        other, _ = door.accept()
        heard.write(other.recv(65536))
        other.sendall(head + b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
        other.close()
    """

  @Test(
    "a real process of user nobody that took the port sees no token; as the service's it does",
    .enabled(
      if: HostFacts.userIdentifier == 0 && hasTool("python3"), "it takes root and python3"))
  func real() async throws {
    let home = try TemporaryDirectory()
    let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    try Files.create(home("heard"), with: [], mode: 0o600)
    let process = try Processes.spawnDetached(
      ProcessCommand(
        try requireTool("python3"), ["-c", Self.impostor, String(port), home("heard")],
        environment: [:], directory: "/"), outputPath: home("log"))
    defer { try? Processes.signal(process, 9) }
    let client = HTTPClient()
    defer { client.shutdown() }
    let gateway = try Self.gateway(port, home, client)
    #expect(
      await eventually {
        if case .down(let why) = await gateway.readiness() {
          why.contains("(65534)")
        } else {
          false
        }
      })
    await askEverything(gateway)
    let heard = { () throws in try Files.readText(home("heard")) }
    #expect(try heard().contains("/readyz") && !heard().contains(Self.token))

    let pid = process.pid
    await askEverything(try Self.gateway(port, home, client, servicePid: { pid }))
    #expect(try heard().contains(Self.token))
  }
}
