/// Sessions over the WebSocket: `chat.send {sessionKey, message, idempotencyKey}` is answered
/// `{runId, status: "started"}`, the run's id being the idempotency key; what becomes of it come as
/// events `agent` and `chat` (`state: delta`, then `final` or `error`) to everyone who may read.
extension Gateway {
  private static let known: Set<String> = [
    "sessionKey", "agentId", "sessionId", "message", "thinking", "fastMode", "queueMode", "deliver",
    "attachments", "timeoutMs", "idempotencyKey",
  ]

  func sendChat(_ parameters: JSON) throws(ProtocolError) -> JSON {
    guard parameters.hasOnly(Self.known), let key = parameters["sessionKey"]?.text, !key.isEmpty,
      parameters["message"]?.text != nil,
      let runID = parameters["idempotencyKey"]?.text, !runID.isEmpty
    else { throw .invalidParameters("chat.send") }
    if lane.all.contains(where: { $0.id == runID }) {
      return ["runId": .string(runID), "status": "in_flight"]
    }
    begin(
      sessionKey: Self.agentKey(key), origin: .webSocket, id: runID
    ) { _, _ in }
    return ["runId": .string(runID), "status": "started"]
  }
}
