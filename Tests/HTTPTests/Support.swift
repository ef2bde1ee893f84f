import SluiceHTTP
import SluiceSystem
import Synchronization
import Testing

/// The values that several callbacks saw, in order.
final class Recorder<Element: Sendable>: Sendable {
  private let state = Mutex<[Element]>([])

  func add(_ element: Element) { state.withLock { $0.append(element) } }

  var all: [Element] { state.withLock { $0 } }
}

let loopback = SocketAddress.tcp(host: "127.0.0.1", port: 0)

/// Polls until the condition holds; false after about ten seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
  for _ in 0..<1000 {
    if try await condition() { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return false
}

/// A server with that handler and a client for as long as the body runs.
func withServer(
  _ options: HTTPServer.Options = .init(),
  handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void,
  body: (_ client: HTTPClient, _ base: String, HTTPServer) async throws -> Void
) async throws {
  let server = try HTTPServer.start(loopback, options: options, handler: handler)
  let client = HTTPClient()
  defer {
    client.shutdown()
    server.stop()
  }
  try await body(client, "http://127.0.0.1:\(server.port)", server)
}

/// The error's kind; nil when nothing was thrown.
func failureKind(_ body: () async throws(HTTPError) -> Void) async -> HTTPError.Kind? {
  do {
    try await body()
    return nil
  } catch {
    return error.kind
  }
}

func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
}

/// A port that nobody listened on a moment ago; other tests and connections leave it alone.
func freePort() throws -> UInt16 { try #require(try PortFinder.freeLoopbackPorts(1).first) }

/// Connects with more patience than the default has: a test machine may be busy.
func dial(
  _ url: String, messageLimit: Int = 26_214_400
) async throws(WebSocketError) -> WebSocketClient {
  try await WebSocketClient.connect(url, deadline: .seconds(60), messageLimit: messageLimit)
}

/// A request with the same patience.
func patient(_ url: String, freshConnection: Bool = false) -> HTTPRequest {
  HTTPRequest(
    "GET", url, deadline: .seconds(60), connectDeadline: .seconds(60),
    freshConnection: freshConnection)
}
