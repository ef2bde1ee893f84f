import SluiceSystem
import Testing

@testable import SluiceHTTP

@Suite("The socket below a WebSocket")
struct WebSocketTransportTests {
  /// Both ends of a connection.
  private func ends() throws -> (ours: Int32, theirs: Int32) {
    var both: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, CLibrary.streamSocket, 0, &both) == 0)
    return (both[0], both[1])
  }

  private func name(_ result: TransportResult) -> String {
    switch result {
    case .count(let count): "\(count) bytes"
    case .wouldBlock: "not now"
    case .ended: "ended"
    }
  }

  private func send(_ bytes: [UInt8], over transport: DescriptorTransport) -> String {
    name(bytes.withUnsafeBytes { transport.send($0) })
  }

  private func receive(from transport: DescriptorTransport) -> String {
    var buffer = [UInt8](repeating: 0, count: 64)
    return name(buffer.withUnsafeMutableBytes { transport.receive(into: $0) })
  }

  @Test("silence is no end; a side that is gone is one, for what is read and for what is sent")
  func end() throws {
    let (ours, theirs) = try ends()
    let (transport, other) = (DescriptorTransport(ours), DescriptorTransport(theirs))
    #expect(receive(from: transport) == "not now")
    #expect(send([1, 2, 3], over: other) == "3 bytes")
    #expect(receive(from: transport) == "3 bytes")
    #expect(receive(from: transport) == "not now")
    other.close()
    #expect(receive(from: transport) == "ended")
    #expect(send([1], over: transport) == "ended")
    transport.close()
  }

  @Test("a side that reads nothing makes the other wait, not end")
  func full() throws {
    let (ours, theirs) = try ends()
    let (transport, other) = (DescriptorTransport(ours), DescriptorTransport(theirs))
    let bytes = [UInt8](repeating: 0, count: 1 << 16)
    var last = ""
    for _ in 0..<1_000 where last != "not now" { last = send(bytes, over: transport) }
    #expect(last == "not now")
    other.close()
    transport.close()
  }

  /// Writes down how a channel ends it.
  private struct Noting: WebSocketTransport {
    let socket: DescriptorTransport
    let notes: Recorder<String>

    var descriptor: Int32 { socket.descriptor }
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
      socket.receive(into: buffer)
    }
    func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult { socket.send(bytes) }
    func finishSending() {
      notes.add("said its end")
      socket.finishSending()
    }
    func close() {
      notes.add("closed")
      socket.close()
    }
  }

  @Test(
    "after the closing handshake the end is said once, and the socket closed when the other went")
  func finished() async throws {
    let (ours, theirs) = try ends()
    let notes = Recorder<String>()
    let channel = WebSocketChannel(
      Noting(socket: DescriptorTransport(ours), notes: notes), role: .server,
      limits: .init(message: 1000))
    let payload = WebSocketFrame.closePayload(code: 1000, reason: "")
    channel.start(early: WebSocketFrame.encode(.close, payload, mask: 0x37fa_213d))
    #expect(await eventually { !notes.all.isEmpty })
    close(theirs)
    #expect(await eventually { notes.all.contains("closed") })
    #expect(notes.all == ["said its end", "closed"])
  }
}
