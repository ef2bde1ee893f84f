import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

/// Python's `websockets`, another's reading of RFC 6455, on either end.
@Suite(
  "WebSockets with Python's websockets",
  .enabled("python3 cannot import websockets: install it from PyPI") {
    await hasWebsockets()
  })
struct PythonTests {
  private func python(_ script: String, _ arguments: [String]) throws -> ProcessCommand {
    ProcessCommand(
      try #require(pythonPath()), ["-c", script] + arguments, deadline: .seconds(60))
  }

  @Test("its client and our server: text, binary, fragments, ping, compression offered, close")
  func itsClient() async throws {
    let script = """
      import sys
      from websockets.sync.client import connect
      with connect(sys.argv[1], max_size=None) as ws:
          ws.send("héllo 🚰")
          assert ws.recv() == "héllo 🚰"
          data = bytes(range(256)) * 5000
          ws.send(data)
          assert ws.recv() == data
          ws.send(["frag", "ment", "ed"])
          assert ws.recv() == "fragmented"
          assert ws.ping("x").wait(5)
          ws.close(4002, "done")
          print(ws.protocol.close_rcvd.code)
      """
    let closes = Recorder<String>()
    try await withServer { _, responder in
      responder.upgradeToWebSocket { peer in
        peer.onText { peer.send(text: $0) }
        peer.onBinary { peer.send(binary: $0) }
        peer.onClose { code, reason in closes.add("\(code) \(reason)") }
      }
    } body: { _, _, server in
      let outcome = try await Processes.run(
        python(script, ["ws://127.0.0.1:\(server.port)/"]))
      #expect(outcome.outputText == "4002\n", "\(outcome.errorText)")
      #expect(closes.all == ["4002 done"])
    }
  }

  @Test("its server and our client: text, binary, fragments, ping, close")
  func itsServer() async throws {
    let script = """
      import sys
      from websockets.sync.server import serve
      def handle(ws):
          assert ws.ping("are you there").wait(5)
          for message in ws:
              if message == "close": ws.close(4003, "as asked")
              elif message == "fragments": ws.send(iter(["in ", "three ", "parts"]))
              else: ws.send(message)
      serve(handle, "127.0.0.1", int(sys.argv[1]), max_size=None).serve_forever()
      """
    let port = try freePort()
    let command = try python(script, ["\(port)"])
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await Processes.run(command) }
      defer { group.cancelAll() }
      let url = "ws://127.0.0.1:\(port)/"
      let isUp = await eventually { (try? await dial(url)) != nil }
      #expect(isUp)
      let client = try await dial(url)
      try await client.send(text: "héllo 🚰")
      #expect(try await client.receive() == .text("héllo 🚰"))
      try await client.send(binary: pattern(1_000_000))
      #expect(try await client.receive() == .binary(pattern(1_000_000)))
      try await client.send(text: "fragments")
      #expect(try await client.receive() == .text("in three parts"))
      try await client.send(text: "close")
      #expect(try await client.receive() == .closed(code: 4003, reason: "as asked"))
    }
  }
}

private func hasWebsockets() async -> Bool {
  guard let python = pythonPath() else { return false }
  let outcome = try? await Processes.run(
    ProcessCommand(python, ["-c", "import websockets.sync.client, websockets.sync.server"]))
  return outcome?.succeeded == true
}

/// The first one on the caller's PATH: a virtual environment that has the module comes first there.
private func pythonPath() -> String? {
  Processes.find("python3", in: getenv("PATH").map { String(cString: $0) })
}
