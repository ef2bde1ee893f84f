import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

@Suite("What answers at HAProxy's socket")
struct RuntimeSocketTests {
  /// Every client of this socket gets these bytes, whatever it asks.
  private func answering(
    _ answer: [UInt8], _ body: (RuntimeSocket) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let listener = try SocketListener.listen(.unix(path: directory("s")))
    let server = Task {
      for await connection in listener.connections {
        _ = try? await connection.read(max: 4_096)
        try? await connection.write(answer)
        connection.close()
      }
    }
    defer {
      server.cancel()
      listener.close()
    }
    try await body(RuntimeSocket(path: directory("s"), deadline: .seconds(100)))
  }

  @Test("an answer of 4 MiB is read; one that has more is none of HAProxy's, and not kept")
  func large() async throws {
    let whole = [UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20)
    try await answering(whole) { socket in
      let answer = try await socket.ask(.info)
      #expect(answer.utf8.count == whole.count)
    }
    try await answering(whole + [UInt8(ascii: "\n")]) { socket in
      let error = await #expect(throws: PortError.self) { try await socket.ask(.info) }
      #expect(error?.kind == .unknown)
      #expect(error?.message.hasPrefix("HAProxy's answer to \"show info\" was lost") == true)
    }
  }

  @Test("an answer to fewer commands than were sent is unknown, and nonsense is named")
  func short() async throws {
    try await answering(Array("\n".utf8)) { socket in
      let orders: [RuntimeCommand] = [.disableFrontend, .disableFrontend]
      let error = await #expect(throws: PortError.self) { try await socket.ask(orders) }
      #expect(error?.kind == .unknown)
      #expect(error?.message.contains("did not answer all of") == true)
      try await socket.order(.disableFrontend)
    }
    try await answering(Array("Permission denied\n".utf8)) { socket in
      let refused = await #expect(throws: PortError.self) {
        try await socket.order(.disableFrontend)
      }
      #expect(refused?.kind == .failed && refused?.message.contains("Permission denied") == true)
      let unread = await #expect(throws: PortError.self) {
        try await socket.read(.info, RuntimeReply.info)
      }
      #expect(unread?.message.contains("cannot be understood") == true)
      #expect(unread?.remedy?.contains(socket.path) == true)
    }
  }

  @Test("where nobody listens HAProxy is unreachable, with what starts it")
  func nobody() async throws {
    let directory = try TemporaryDirectory()
    let error = await #expect(throws: PortError.self) {
      try await RuntimeSocket(path: directory("s")).ask(.info)
    }
    #expect(error?.kind == .unreachable)
    #expect(error?.remedy?.contains("sluice balancer start") == true)
  }
}
