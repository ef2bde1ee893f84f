import SluiceHTTP

/// The bodies and headers that recur, as recorded.
enum Answers {
  static func json(
    _ body: JSON, status: Int = 200, cached: Bool = false, extra: HTTPHeaders = [:]
  ) -> HTTPResponse {
    var headers: HTTPHeaders = ["Content-Type": "application/json; charset=utf-8"]
    if !cached { headers.add("Cache-Control", "no-store") }
    for (name, value) in extra.entries { headers.add(name, value) }
    return HTTPResponse(status: status, headers: headers, body: Array(body.compact.utf8))
  }

  static func plain(_ text: String, status: Int) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/plain; charset=utf-8"],
      body: Array(text.utf8))
  }

  static let proxyAttributionRequired = json(
    [
      "error": [
        "message":
          """
        Proxy client attribution is required. Configure gateway.trustedProxies narrowly and make \
        the proxy overwrite or safely rebuild forwarded client headers.
        """,
        "type": "proxy_attribution_required",
      ]
    ], status: 403, cached: true)

  static let gatewayUnavailable = json(
    [
      "error": [
        "message": "Gateway is temporarily unavailable while suspending or restarting",
        "type": "service_unavailable", "code": "gateway_unavailable",
      ]
    ], status: 503, extra: ["Retry-After": "1"])

  static let unauthorized = json(
    ["error": ["message": "Unauthorized", "type": "unauthorized"]], status: 401, cached: true)

  static let upstreamError = json(
    ["error": ["message": "upstream provider error", "type": "api_error"]], status: 502,
    cached: true)

  static let internalError = json(
    ["error": ["message": "internal error", "type": "api_error"]], status: 500, cached: true)

  /// Of any status, for a client who did nothing wrong.
  static func refusal(status: Int) -> HTTPResponse {
    json(
      ["error": ["message": "refused by this release", "type": "api_error"]], status: status,
      cached: true)
  }

  static func invalidRequest(_ message: String) -> HTTPResponse {
    json(
      ["error": ["message": .string(message), "type": "invalid_request_error"]], status: 400,
      cached: true)
  }

  static let methodNotAllowed = plain("Method Not Allowed", status: 405)
  static let notFound = plain("Not Found", status: 404)

  /// Every path that the gateway does not know: its page is an application of one page.
  static func controlPage(buildID: String) -> HTTPResponse {
    let page = """
      <!doctype html>
      <html data-openclaw-control-ui-base-path="" data-openclaw-terminal-enabled="true" \
      data-openclaw-control-ui-build-id="\(buildID)" lang="en">
        <head>
          <meta charset="UTF-8" />
          <title>OpenClaw Control (stand-in)</title>
        </head>
        <body>
          <openclaw-app></openclaw-app>
        </body>
      </html>

      """
    return HTTPResponse(
      status: 200,
      headers: ["Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"],
      body: Array(page.utf8))
  }
}
