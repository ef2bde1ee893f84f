import SluiceSystem
import Testing

@testable import SluiceHTTP

@Suite("A byte that comes alone")
struct SingleByteTests {
  @Test("the last byte of a message may come by itself")
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
      // The pong says that the server has read what came before: the last byte then comes alone.
      var message = mask(.text, Array("second".utf8))
      let last = message.removeLast()
      try await connection.write(mask(.ping, [1]) + message)
      #expect(try await frames.next() == .pong([1]))
      try await connection.write([last])
      #expect(try await frames.next() == .text("second"))
    }
  }
}
