import SluiceSystem

@testable import SluiceHTTP

func connect(_ port: UInt16) async throws -> StreamConnection {
  try await StreamConnection.connect(.tcp(host: "127.0.0.1", port: port), deadline: .seconds(5))
}

/// All that comes until the other side closes; a reset counts as the end.
func readToEnd(_ connection: StreamConnection) async throws -> [UInt8] {
  var all: [UInt8] = []
  while let bytes = try? await connection.read(max: 65536), !bytes.isEmpty { all += bytes }
  return all
}

/// The bytes up to the empty line; nil when the other side closed before it.
func readHead(_ connection: StreamConnection) async throws -> [UInt8]? {
  var head: [UInt8] = []
  while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
    let byte = try await connection.read(max: 1)
    if byte.isEmpty { return nil }
    head += byte
  }
  return head
}

/// A server by hand: `serve` is called for every connection, which is closed after it.
func withRawServer(
  _ serve: @escaping @Sendable (StreamConnection) async throws -> Void,
  body: (_ base: String, _ accepted: Recorder<Int>) async throws -> Void
) async throws {
  let listener = try SocketListener.listen(loopback)
  let accepted = Recorder<Int>()
  guard case .tcp(_, let port) = listener.address else { return }
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      await withTaskGroup(of: Void.self) { connections in
        for await connection in listener.connections {
          accepted.add(1)
          connections.addTask {
            try? await serve(connection)
            connection.close()
          }
        }
        connections.cancelAll()
      }
    }
    defer {
      listener.close()
      group.cancelAll()
    }
    try await body("http://127.0.0.1:\(port)", accepted)
  }
}

/// Frames by hand over a connection that has shaken hands.
struct RawFrames {
  let connection: StreamConnection
  /// Whose frames `next` reads: a server reads masked ones.
  private var parser: WebSocketParser

  init(_ connection: StreamConnection, reading role: WebSocketRole) {
    self.connection = connection
    parser = WebSocketParser(role: role, messageLimit: 1 << 26)
  }

  /// The next event; nil at the end of the stream.
  mutating func next() async throws -> WebSocketParser.Event? {
    while true {
      if let event = try parser.next() { return event }
      guard let bytes = try? await connection.read(max: 65536), !bytes.isEmpty else { return nil }
      parser.feed(bytes)
    }
  }
}
