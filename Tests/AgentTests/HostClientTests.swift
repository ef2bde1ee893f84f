import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceAgentClient

/// Something that listens at a socket and does with each connection what the test says.
struct Listener {
  let home: TemporaryDirectory
  var socket: String { home("x.sock") }

  init() throws { home = try TemporaryDirectory() }

  func serving<Value: Sendable>(
    _ serve: @escaping @Sendable (StreamConnection) async throws -> Void,
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let listener = try SocketListener.listen(.unix(path: socket))
    defer { listener.close() }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for await connection in listener.connections {
          try? await serve(connection)
          connection.close()
        }
      }
      defer { group.cancelAll() }
      return try await body()
    }
  }

  /// A simulated host behind the real server.
  func simulated<Value: Sendable>(
    _ host: SimulatedHost, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let listener = try SocketListener.listen(.unix(path: socket))
    defer { listener.close() }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await AgentServer(node: host, version: "1.0").serve(listener.connections) }
      defer { group.cancelAll() }
      return try await body()
    }
  }

  /// The real server's reply to one payload.
  func reply(of host: SimulatedHost, to payload: JSONValue) async throws -> AgentReply {
    try await simulated(host) {
      let connection = try await StreamConnection.connect(
        .unix(path: socket), deadline: .seconds(60))
      defer { connection.close() }
      _ = try await AgentFrame.read(from: connection, until: CallDeadline(in: .seconds(60)))
      let frame = try #require(AgentFrame.bytes(payload.canonicalBytes()))
      try await connection.write(frame)
      let reply = try await AgentFrame.read(from: connection, until: CallDeadline(in: .seconds(60)))
      return try CanonicalJSON.decode(AgentReply.self, from: reply)
    }
  }

  var client: LocalHostClient {
    LocalHostClient(host: HostName("mac-a"), socket: socket, version: "1.0")
  }
}

@Suite("The client of a host")
struct HostClientTests {
  private func hello(_ host: String = "mac-a", version: Int = AgentProtocol.version) throws
    -> [UInt8]
  {
    let hello = AgentHello(sluice: "9.9", host: HostName(host), protocolVersion: version)
    return try #require(AgentFrame.bytes(try CanonicalJSON.bytes(hello)))
  }

  @Test("frames come out as they went in, and every cut and every foreign byte is told")
  func frames() throws {
    for count in [1, 2, 255, 256, 65_535, 65_536, AgentFrame.limit] {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      let frame = try #require(AgentFrame.bytes(payload))
      var rest = (frame + [7])[...]
      #expect(try AgentFrame.take(from: &rest) == payload)
      #expect(Array(rest) == [7])
      for cut in [1, 3, 4, frame.count - 1] where cut < frame.count {
        var part = frame.prefix(cut)
        #expect(throws: AgentFrame.Fault.cut) { try AgentFrame.take(from: &part) }
      }
    }
    #expect(AgentFrame.bytes([]) == nil)
    #expect(AgentFrame.bytes([UInt8](repeating: 0, count: AgentFrame.limit + 1)) == nil)
    var none: ArraySlice<UInt8> = []
    #expect(throws: AgentFrame.Fault.ended) { try AgentFrame.take(from: &none) }
    var text = Array("bash: sluice: command not found".utf8)[...]
    #expect(throws: AgentFrame.Fault.self) { try AgentFrame.take(from: &text) }
  }

  @Test("reports and errors come back as the host gave them")
  func roundTrip() async throws {
    let listener = try Listener()
    let old = ExampleFleet.release("1.4.1")
    let host = SimulatedHost(HostName("mac-a"), runs: old)
    try await listener.simulated(host) {
      let direct = try await host.survey()
      #expect(try await listener.client.survey() == direct)
      _ = try await listener.client.order(.place(ExampleFleet.release("1.4.2")), "p/1", epoch: 3)
      let error = await portError {
        _ = try await listener.client.order(.place(old), "p/2", epoch: 2)
      }
      #expect(error == PortError(.fenced, "mac-a has seen epoch 3, this is 2"))
    }
  }

  @Test("answers that are too long, too many or too deep are cut, or refused as unreadable")
  func tooMuch() async throws {
    let listener = try Listener()
    let hello = try hello()
    func ask(_ report: JSONValue) async throws -> MergedProbe {
      try await listener.serving({ connection in
        try await connection.write(hello)
        let asked = try await AgentFrame.read(
          from: connection, until: CallDeadline(in: .seconds(60)))
        guard case .object(var reply) = try JSONValue.parse(asked) else { return }
        reply["report"] = report
        reply["operation"] = nil
        guard let frame = AgentFrame.bytes(JSONValue.object(reply).canonicalBytes()) else { return }
        try await connection.write(frame)
      }) {
        try await listener.client.probe()
      }
    }
    let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))
    var probe = try await host.probe()
    let endless = String(repeating: "x", count: 100_000)
    probe.reasons = [.init(check: "doctor", level: .degraded, message: endless)]
    let heard = try await ask(CanonicalJSON.encode(HostAnswer.probe(probe)))
    #expect(heard.reasons.map(\.message.unicodeScalars.count) == [Speech.characters])
    let deep = (0..<40).reduce(JSONValue.null) { inner, _ in ["outcome": ["_0": inner]] }
    let error = await portError { _ = try await ask(deep) }
    #expect(error.kind == .unknown && error.message.utf8.count < 1_000)
    let other = await portError {
      _ = try await ask(CanonicalJSON.encode(HostAnswer.outcome(nil)))
    }
    #expect(other.kind == .failed && other.message.contains("something else than a probe"))
    let report = await portError { _ = try await ask(["accepted": ["count": 1]]) }
    #expect(report.kind == .failed && report.message.contains("something else than"))
  }

  @Test("many ask at once, each on a connection of its own")
  func crowd() async throws {
    let listener = try Listener()
    let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))
    try await listener.simulated(host) {
      try await withThrowingTaskGroup(of: MergedProbe.self) { group in
        for _ in 0..<50 { group.addTask { try await listener.client.probe() } }
        var count = 0
        for try await probe in group where probe.status == .ok { count += 1 }
        #expect(count == 50)
      }
    }
  }

  @Test("nobody there is unreachable: nothing was asked")
  func nobody() async throws {
    let listener = try Listener()
    let error = await portError { _ = try await listener.client.probe() }
    #expect(error.kind == .unreachable)
    #expect(error.message.contains(listener.socket))
    #expect(error.remedy?.contains("sluice agent") == true)
  }

  @Test("who ends the connection before the hello is unreachable, after the request unknown")
  func ended() async throws {
    let listener = try Listener()
    let early = await portError {
      try await listener.serving({ _ in }) { _ = try await listener.client.probe() }
    }
    #expect(early.kind == .unreachable)
    let hello = try hello()
    @Sendable func leave(_ connection: StreamConnection) async throws {
      try await connection.write(hello)
      _ = try await connection.read()
    }
    let late = await portError {
      try await listener.serving(leave) { _ = try await listener.client.order(.accept([])) }
    }
    #expect(late.kind == .unknown)
    #expect(late.remedy?.contains("outcome") == true)
    let query = await portError {
      try await listener.serving(leave) { _ = try await listener.client.probe() }
    }
    #expect(query.kind == .unknown)
    #expect(query.remedy?.contains("ask again") == true)
  }

  @Test("an answer that does not come in time is unknown")
  func deadline() async throws {
    let listener = try Listener()
    let hello = try hello()
    // A slow machine may need the whole of a short deadline for the connection alone.
    for seconds in [1, 4, 16, 64] {
      let error = await portError {
        try await listener.serving({ connection in
          try await connection.write(hello)
          while try await !connection.read().isEmpty {}
        }) {
          _ = try await listener.client.ask(.probe, deadline: .seconds(seconds))
        }
      }
      if error.kind == .unreachable { continue }
      #expect(error.kind == .unknown)
      #expect(error.message.contains("in time"))
      return
    }
    Issue.record("the connection alone took a minute")
  }

  @Test(
    "another version, another host and no Sluice at all are told apart, before anything is sent")
  func strangers() async throws {
    let listener = try Listener()
    let asked = Mutex(0)
    func error(_ greeting: [UInt8]) async -> PortError {
      await portError {
        try await listener.serving({ connection in
          try await connection.write(greeting)
          connection.finishWriting()
          if try await !connection.read().isEmpty { asked.withLock { $0 += 1 } }
        }) { _ = try await listener.client.probe() }
      }
    }
    let version = await error(try hello(version: 2))
    #expect(version.kind == .refused)
    #expect(version.message.contains("Sluice 9.9 and speaks protocol 2"))
    #expect(version.message.contains("Sluice 1.0 and speaks 1"))
    let host = await error(try hello("mac-b"))
    #expect(host.kind == .refused && host.message.contains("agent of mac-b"))
    let web = await error(Array("HTTP/1.1 400 Bad Request\r\n".utf8))
    #expect(web.kind == .unreachable)
    #expect(asked.withLock { $0 } == 0)
  }

  @Test("a server refuses a writer of another version or for another host, in words")
  func refusedByServer() async throws {
    let listener = try Listener()
    let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))
    func answer(_ payload: JSONValue) async throws -> AgentReply {
      try await listener.reply(of: host, to: payload)
    }
    let future = try await answer(
      ["protocol": 2, "sluice": "3.0", "host": "mac-a", "anything": ["new": true]])
    #expect(future.error?.kind == .refused)
    #expect(future.error?.message.contains("Sluice 3.0 and speaks 2") == true)
    let lost = try await answer(["protocol": 1, "sluice": "1.0", "host": "mac-b"])
    #expect(lost.error?.message.contains("asked for mac-b") == true)
    let cut = try await answer(["protocol": 1, "sluice": "1.0", "host": "mac-a"])
    #expect(cut.error?.message.contains("is missing") == true)
    // An earlier writer's operation, two at once, and no operation at all.
    for (operation, fault) in [
      (["acceptFindings": [:]], "knows no operation \"acceptFindings\""),
      (["probe": [:], "check": [:]], "one member"), ("probe", "one member"),
    ] as [(JSONValue, String)] {
      let other = try await answer([
        "protocol": 1, "sluice": "0.9", "host": "mac-a", "id": "p/1", "epoch": 1,
        "deadline_ms": 1_000, "operation": operation,
      ])
      #expect(other.error?.kind == .refused && other.id.rawValue.isEmpty)
      #expect(other.error?.message.contains(fault) == true, "\(other)")
      #expect(other.error?.remedy?.contains("same version of Sluice") == true)
    }
    #expect(try await answer(["hello": "there"]).error?.kind == .refused)
  }

  @Test("a query is read by agents of before, and a query of writers of before is answered")
  func earlierVersions() async throws {
    let query = AgentRequest(
      sluice: "1.0", host: HostName("mac-a"), deadlineMilliseconds: 1_000, query: .probe())
    #expect(
      try CanonicalJSON.encode(query) == [
        "protocol": 1, "sluice": "1.0", "host": "mac-a", "id": "query", "epoch": 0,
        "deadline_ms": 1_000, "operation": ["probe": [:]],
      ])
    // Writers of before named an order by its id and epoch, and want both back.
    let listener = try Listener()
    let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))
    let earlier: JSONValue = [
      "protocol": 1, "sluice": "0.9", "host": "mac-a", "id": "p1/7", "epoch": 3,
      "deadline_ms": 1_000, "operation": ["survey": [:]],
    ]
    let reply = try await listener.reply(of: host, to: earlier)
    #expect(reply.id.rawValue == "p1/7" && reply.epoch == Epoch(3))
    #expect(reply.content == .answer(.survey(try await host.survey())))
    #expect(try await host.survey().epoch == Epoch(0))
  }

  @Test("the bridge carries a whole exchange, and ends with it")
  func bridge() async throws {
    let listener = try Listener()
    let host = SimulatedHost(HostName("mac-a"), runs: ExampleFleet.release("1.4.1"))
    let request = AgentRequest(
      sluice: "1.0", host: host.host, deadlineMilliseconds: 1_000, query: .probe())
    let input = Mutex([try request.frame(), []])
    let output = Mutex<[UInt8]>([])
    try await listener.simulated(host) {
      try await AgentBridge.run(
        socket: listener.socket,
        input: { () async throws(SystemError) in
          input.withLock { $0.isEmpty ? [] : $0.removeFirst() }
        },
        output: { bytes async throws(SystemError) in output.withLock { $0 += bytes } })
    }
    var rest = output.withLock { $0 }[...]
    let hello = AgentHello.read(try AgentFrame.take(from: &rest))
    #expect(hello?.host == host.host)
    let answer = try AgentReply.answer(
      try AgentFrame.take(from: &rest), to: request, from: "the bridge")
    #expect(answer == .probe(try await host.probe()))
    #expect(rest.isEmpty)
  }

  @Test("the bridge says when no agent is there")
  func bridgeAlone() async throws {
    let listener = try Listener()
    let error = await portError {
      try await AgentBridge.run(
        socket: listener.socket, input: { () async throws(SystemError) in [] },
        output: { _ async throws(SystemError) in })
    }
    #expect(error.kind == .unreachable && error.message.contains(listener.socket))
  }
}
