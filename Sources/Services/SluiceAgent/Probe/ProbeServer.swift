import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem

/// Answers a balancer, an operator and Prometheus from memory.
///
/// An address that `probe_from` does not name is a stranger. A stranger gets only the status of
/// `/readyz` and shares a separate quota of connections, so that it learns nothing and keeps no
/// other reader out.
enum ProbeServer {
  /// A balancer, Prometheus and an operator each hold one connection, for milliseconds. All
  /// together stay well below the 256 descriptors that launchd gives a service.
  private static let perAddress = 16
  private static let room = 96
  private static let deadlineMilliseconds = 5_000

  static func start(
    _ spec: HostSpec, audience: ProbeAudience, board: ProbeBoard, counters: AgentCounters,
    time: any Time
  ) throws(PortError) -> HTTPServer {
    guard let address = SocketAddress(spec.probe) else {
      throw PortError(
        .refused, "\"\(spec.probe)\" is no address to listen at",
        remedy: "Write host:port as probe of \(spec.name) in sluice.yaml.")
    }
    let host = spec.name
    do throws(HTTPError) {
      return try HTTPServer.start(address, options: options(audience)) { request, responder in
        guard request.method == "GET" else {
          var refusal = HTTPResponse.text("Only GET.\n", status: 405)
          refusal.headers["Allow"] = "GET, HEAD"
          return responder.respond(refusal)
        }
        let isKnown = audience.contains(request.remoteAddress)
        switch request.path {
        case "/readyz" where isKnown: responder.respond(readiness(board, time))
        case "/readyz": responder.respond(statusAlone(board, time))
        case "/livez" where isKnown: responder.respond(text("ok\n"))
        case "/metrics" where isKnown:
          let metrics = Metrics(
            host: host, probe: board.probe(at: time.now()), counters: counters.values)
          responder.respond(text(metrics.text, type: "text/plain; version=0.0.4; charset=utf-8"))
        default:
          let paths = isKnown ? "Here are /readyz, /livez and /metrics.\n" : "Here is /readyz.\n"
          responder.respond(.text(paths, status: 404))
        }
      }
    } catch {
      throw PortError(
        .failed, "the probe of \(host) cannot be served: \(error)",
        remedy: "Is another agent running, or another program at that port?")
    }
  }

  private static func options(_ audience: ProbeAudience) -> HTTPServer.Options {
    // A probe has no body to read. libmicrohttpd's limit is above Sluice's: at its limit
    // libmicrohttpd accepts no connection from any address, and it still counts connections that
    // have just ended.
    var options = HTTPServer.Options(maximumBodyBytes: 4 << 10, connectionLimit: 4 * room)
    options.limits = HTTPServer.Limits(
      deadlineMilliseconds: deadlineMilliseconds, perAddress: perAddress, strangers: room,
      known: room
    ) { audience.contains($0) }
    return options
  }

  /// Whether the gateway may get sessions, for a balancer of another kind.
  private static func statusAlone(_ board: ProbeBoard, _ time: any Time) -> HTTPResponse {
    let status = board.current.answer(at: time.now()).status
    let word = status == 200 ? "ok" : "fail"
    return HTTPResponse(
      status: status,
      headers: ["Content-Type": "application/json", "Cache-Control": "no-store"],
      body: Array("{\"status\":\"\(word)\"}\n".utf8))
  }

  private static func readiness(_ board: ProbeBoard, _ time: any Time) -> HTTPResponse {
    let (status, body) = board.current.answer(at: time.now())
    return HTTPResponse(
      status: status,
      headers: ["Content-Type": "application/json", "Cache-Control": "no-store"], body: body)
  }

  private static func text(
    _ text: String, type: String = "text/plain; charset=utf-8"
  ) -> HTTPResponse {
    HTTPResponse(
      status: 200, headers: ["Content-Type": type, "Cache-Control": "no-store"],
      body: Array(text.utf8))
  }
}
