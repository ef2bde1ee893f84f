import SluiceHTTP
import SluiceSystem
import Synchronization

/// A gateway with its probe on one port: `/readyz` as it is told, `/headers` what it was sent, any
/// other path its name, and a WebSocket gets its name as the first message.
final class StubGateway: Sendable {
  let name: String
  let port: UInt16
  private let server: HTTPServer
  private let readiness: Readiness

  private final class Readiness: Sendable {
    let isReady = Mutex(true)
    let waiting = Mutex<[HTTPResponder]>([])
    /// The answer to clients.
    let status = Mutex(200)
  }

  init(_ name: String) throws {
    self.name = name
    let readiness = Readiness()
    self.readiness = readiness
    server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { request, responder in
      if request.path == "/readyz" {
        let ready = readiness.isReady.withLock { $0 }
        responder.respond(
          HTTPResponse(
            status: ready ? 200 : 503, headers: ["Content-Type": "application/json"],
            body: Array(#"{"ready":\#(ready)}"#.utf8)))
      } else if request.path == "/silent" {
        // Kept, and never answered: who waits for it decides how long.
        readiness.waiting.withLock { $0.append(responder) }
      } else if request.path == "/headers" {
        let lines = request.headers.entries.map { "\($0.name.lowercased()): \($0.value)" }
        responder.respond(.text(lines.joined(separator: "\n")))
      } else if request.headers["Upgrade"] != nil {
        responder.upgradeToWebSocket { peer in peer.send(text: name) }
      } else {
        responder.respond(.text(name, status: readiness.status.withLock { $0 }))
      }
    }
    port = server.port
  }

  func setReady(_ flag: Bool) { readiness.isReady.withLock { $0 = flag } }
  /// From here on every client's request is answered so; the probe stays as it is.
  func answer(_ status: Int) { readiness.status.withLock { $0 = status } }
  func stop() {
    for responder in readiness.waiting.withLock({ $0 }) { responder.respond(.text(name)) }
    server.stop()
  }
}
