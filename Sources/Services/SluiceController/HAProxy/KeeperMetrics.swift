import SluiceCore
import SluiceAgent
import SluiceHTTP
import SluicePorts
import SluiceSystem

/// The keeper's metrics for Prometheus (text format 0.0.4).
struct KeeperMetrics: Sendable {
  let record: KeeperRecord
  let now: Int64

  var text: String {
    var page = MetricsPage()
    page.gauge(
      "sluice_balancer_up", "1 while HAProxy runs and answers.",
      [([:], record.trouble == nil && !record.isStopped ? 1 : 0)])
    page.gauge(
      "sluice_balancer_stopped", "1 while an operator has stopped HAProxy.",
      [([:], record.isStopped ? 1 : 0)])
    page.counter(
      "sluice_balancer_restarts_total",
      "Times that the keeper started HAProxy or gave it a successor.",
      [([:], Int64(record.restarts))])
    page.gauge(
      "sluice_balancer_fails_open",
      "1 while gateways that fail hard are let in because too few others are well.",
      [([:], record.admission.failsOpen ? 1 : 0)])
    page.gauge(
      "sluice_balancer_refused", "Gateways that are refused for a hard failure.",
      record.admission.refused.keys.sorted().map { (["host": $0.rawValue], 1) })
    page.gauge(
      "sluice_balancer_let_in", "Gateways that are let in though they fail hard.",
      record.admission.letIn.keys.sorted().map { (["host": $0.rawValue], 1) })
    page.gauge(
      "sluice_balancer_agent_silent", "Gateways whose agent does not answer the keeper.",
      record.silent.map { (["host": $0.rawValue], 1) })
    page.gauge(
      "sluice_balancer_agent_untold", "Gateways whose agent tells the keeper no details.",
      (record.untold ?? []).map { (["host": $0.rawValue], 1) })
    page.counter(
      "sluice_balancer_refused_connections_total",
      "Connections and requests refused because their address had too many.",
      [([:], record.floods?.refused ?? 0)])
    page.counter(
      "sluice_balancer_untold_sessions_total",
      "Sessions served beyond what one address may put into the session log.",
      [([:], record.floods?.untold ?? 0)])
    page.gauge(
      "sluice_keeper_age_milliseconds", "Since the keeper's last record.",
      [([:], max(0, now.subtractingClamped(record.atMilliseconds)))])
    return page.text
  }
}

/// Serves the keeper's metrics at `balancer.metrics`; does nothing if the fleet names no address.
struct MetricsServer: Sendable {
  private let server: HTTPServer?

  init(_ fleet: Fleet, _ board: KeeperBoard) throws(PortError) {
    guard let text = fleet.balancer.metrics else {
      server = nil
      return
    }
    guard let address = SocketAddress(text) else {
      throw PortError(
        .refused, "\"\(text)\" is no address to listen at",
        remedy: "Write HOST:PORT as balancer.metrics in sluice.yaml.")
    }
    do throws(HTTPError) {
      var options = HTTPServer.Options(maximumBodyBytes: 4 << 10, connectionLimit: 256)
      // Only Prometheus and an operator read here, and each connection is short.
      options.limits = HTTPServer.Limits(
        deadlineMilliseconds: 5_000, perAddress: 16, strangers: 64, known: 64,
        isKnown: { _ in false })
      server = try HTTPServer.start(address, options: options) { request, responder in
        switch (request.method, request.path) {
        case ("GET", "/metrics"):
          let metrics = KeeperMetrics(
            record: board.record, now: SystemClock.wallMilliseconds())
          responder.respond(
            HTTPResponse(
              status: 200,
              headers: [
                "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
                "Cache-Control": "no-store",
              ], body: Array(metrics.text.utf8)))
        case ("GET", "/livez"): responder.respond(.text("ok\n"))
        default: responder.respond(.text("Here are /metrics and /livez.\n", status: 404))
        }
      }
    } catch {
      throw PortError(
        .failed, "the keeper's metrics cannot be served at \(text): \(error)",
        remedy: "Is another program at that port? Choose another balancer.metrics in sluice.yaml.")
    }
  }

  func stop() { server?.stop() }
}
