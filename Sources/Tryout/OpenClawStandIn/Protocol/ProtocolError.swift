/// A refusal as the gateway's protocol words it.
struct ProtocolError: Error, Sendable {
  let code: String
  let message: String
  var details: JSON?
  var retryAfterMs: Int64?

  static func invalidRequest(_ message: String, details: JSON? = nil) -> ProtocolError {
    ProtocolError(code: "INVALID_REQUEST", message: message, details: details)
  }

  static func invalidParameters(_ method: String) -> ProtocolError {
    invalidRequest("invalid \(method) params")
  }

  static func unavailable(
    _ message: String, details: JSON, retryAfterMs: Int64
  ) -> ProtocolError {
    ProtocolError(
      code: "UNAVAILABLE", message: message, details: details, retryAfterMs: retryAfterMs)
  }

  static func missingScope(_ scope: String) -> ProtocolError {
    ProtocolError(
      code: "FORBIDDEN", message: "missing scope: \(scope)",
      details: [
        "code": "MISSING_SCOPE", "missingScope": .string(scope), "requiredScopes": [.string(scope)],
      ])
  }

  var json: JSON {
    var json: JSON = ["code": .string(code)]
    if let details { json = json.adding("details", details) }
    json = json.adding("message", .string(message))
    if let retryAfterMs {
      json = json.adding("retryAfterMs", .integer(retryAfterMs)).adding("retryable", true)
    }
    return json
  }
}
