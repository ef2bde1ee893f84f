import SluiceHTTP
import SluiceSystem

extension Gateway {
  /// The runbook's digest of webhooks: a small listener of its own, on loopback.
  static func startDigest(_ configuration: Configuration) throws(HTTPError) -> HTTPServer? {
    guard let port = configuration.standIn.webhookDigestPort else { return nil }
    let digest: JSON = ["schema": "webhook-digest/1", "status": "clean", "rows": []]
    return try HTTPServer.start(.tcp(host: "127.0.0.1", port: port)) { request, responder in
      guard request.path == "/v1/webhook-digest" else { return responder.respond(Answers.notFound) }
      guard request.method == "GET" else { return responder.respond(Answers.methodNotAllowed) }
      responder.respond(Answers.json(digest))
    }
  }
}
