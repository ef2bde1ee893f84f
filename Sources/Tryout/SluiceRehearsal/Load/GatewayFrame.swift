import SluiceFoundation

/// A frame of the gateway's WebSocket protocol, as far as a client of the load reads it.
struct GatewayFrame: Sendable, Decodable {
  struct Payload: Sendable, Decodable {
    struct Message: Sendable, Decodable {
      struct Part: Sendable, Decodable { let text: String }
      let content: [Part]
    }
    let runId: String?
    let state: String?
    let message: Message?
  }
  struct Fault: Sendable, Decodable {
    let code: String
    let message: String
  }

  let event: String?
  let id: String?
  let ok: Bool?
  let payload: Payload?
  let error: Fault?

  static func read(_ text: String) -> GatewayFrame? {
    try? JSONDecoder().decode(GatewayFrame.self, from: Data(text.utf8))
  }

  static func connect(id: String, token: String) -> String {
    #"{"type":"req","id":"\#(id)","method":"connect","params":{"minProtocol":4,"maxProtocol":4,"#
      + #""client":{"id":"gateway-client","version":"1.0.0","platform":"rehearsal","#
      + #""mode":"backend"},"#
      + #""role":"operator","scopes":["operator.write"],"auth":{"token":"\#(token)"}}}"#
  }

  static func chatSend(id: String, key: String, question: String) -> String {
    #"{"type":"req","id":"\#(id)","method":"chat.send","params":{"sessionKey":"\#(key)","#
      + #""message":"\#(question)","idempotencyKey":"\#(id)"}}"#
  }
}
