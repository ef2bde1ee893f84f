import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem

/// Answers what a load balancer, an operator and Prometheus ask, from memory.
enum ProbeServer {
  static func start(
    _ spec: HostSpec, board: ProbeBoard, counters: AgentCounters, time: any Time
  ) throws(PortError) -> HTTPServer {
    guard let address = SocketAddress(spec.probe) else {
      throw PortError(
        .refused, "\"\(spec.probe)\" is no address to listen at",
        remedy: "Write host:port as probe of \(spec.name) in sluice.yaml.")
    }
    let host = spec.name
    do throws(HTTPError) {
      // A probe has no body to read, and nobody needs more connections than a balancer has checks.
      let options = HTTPServer.Options(maximumBodyBytes: 4 << 10, connectionLimit: 512)
      return try HTTPServer.start(address, options: options) { request, responder in
        guard request.method == "GET" else {
          var refusal = HTTPResponse.text("Only GET.\n", status: 405)
          refusal.headers["Allow"] = "GET, HEAD"
          return responder.respond(refusal)
        }
        switch request.path {
        case "/readyz": responder.respond(readiness(board, time))
        case "/livez": responder.respond(text("ok\n"))
        case "/metrics":
          let metrics = Metrics(
            host: host, probe: board.probe(at: time.now()), counters: counters.values)
          responder.respond(text(metrics.text, type: "text/plain; version=0.0.4; charset=utf-8"))
        default:
          responder.respond(.text("Here are /readyz, /livez and /metrics.\n", status: 404))
        }
      }
    } catch {
      throw PortError(
        .failed, "the probe of \(host) cannot be served: \(error)",
        remedy: "Is another agent running, or another program at that port?")
    }
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
