import SluiceSystem
import Testing

@testable import SluiceHTTP

@Suite("WebSockets that come byte by byte")
struct SingleByteTests {
  @Test("a message whose bytes come one at a time is the same message")
  func message() async throws {
    try await withServer { _, responder in
      responder.upgradeToWebSocket(messageLimit: 1000) { peer in
        peer.onText { peer.send(text: $0) }
      }
    } body: { _, _, server in
      let connection = try await connect(server.port)
      defer { connection.close() }
      try await connection.write(
        Array(
          ("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            .utf8))
      _ = try await readHead(connection)
      var frames = RawFrames(connection, reading: .client)
      func mask(_ opcode: WebSocketOpcode, _ payload: [UInt8]) -> [UInt8] {
        WebSocketFrame.encode(opcode, payload, mask: 0x37fa_213d)
      }
      // A byte that is sent behind an answer is alone: the server has read all that came before it.
      for (index, byte) in mask(.text, Array("second".utf8)).enumerated() {
        if index == 0 {
          try await connection.write(mask(.text, Array("first".utf8)))
          #expect(try await frames.next() == .text("first"))
        }
        try await connection.write([byte])
        for _ in 0..<100 { await Task.yield() }
      }
      #expect(try await frames.next() == .text("second"))
    }
  }
}
