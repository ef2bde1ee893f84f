import SluiceHTTP

/// One client of the gateway's WebSocket protocol.
struct ProtocolConnection: Sendable {
  let id: String
  let peer: WebSocketPeer
  /// nil until `connect` was accepted.
  var scopes: Set<String>?

  var hears: Bool { scopes.map { Scope.read.isHeld(by: $0) } ?? false }

  func respond(_ id: String, _ result: Result<JSON, ProtocolError>) {
    let frame: JSON =
      switch result {
      case .success(let payload):
        ["type": "res", "id": .string(id), "ok": true, "payload": payload]
      case .failure(let error):
        ["type": "res", "id": .string(id), "ok": false, "error": error.json]
      }
    peer.send(text: frame.compact)
  }
}

/// The rights of a connection; the wider includes the narrower.
enum Scope: String, Sendable {
  case read = "operator.read"
  case write = "operator.write"
  case admin = "operator.admin"

  func isHeld(by scopes: Set<String>) -> Bool {
    switch self {
    case .admin: scopes.contains(Scope.admin.rawValue)
    case .write: scopes.contains(rawValue) || Scope.admin.isHeld(by: scopes)
    case .read: scopes.contains(rawValue) || Scope.write.isHeld(by: scopes)
    }
  }
}

extension Gateway {
  private static let handshakeMs = 15_000

  func upgrade(_ responder: HTTPResponder) {
    guard phase == .starting || phase == .running else {
      return responder.respond(Answers.plain("Gateway websocket admission closed", status: 503))
    }
    responder.upgradeToWebSocket { [loop] peer in
      let id = Identifier.random()
      peer.onText { text in loop.async { self.receive(text, from: id) } }
      peer.onClose { _, _ in loop.async { self.connections[id] = nil } }
      loop.async { self.open(peer, id) }
    }
  }

  private func open(_ peer: WebSocketPeer, _ id: String) {
    guard phase == .starting || phase == .running else {
      return peer.close(code: 1012, reason: "service restart")
    }
    connections[id] = ProtocolConnection(id: id, peer: peer)
    let challenge: JSON = [
      "type": "event", "event": "connect.challenge",
      "payload": [
        "nonce": .string(Identifier.random()), "ts": .integer(wall),
        "capabilities": ["model-catalog-snapshot"],
      ],
    ]
    peer.send(text: challenge.compact)
    after(Self.handshakeMs) { gateway in
      guard let connection = gateway.connections[id], connection.scopes == nil else { return }
      gateway.drop(connection, 1000, "")
    }
  }

  func drop(_ connection: ProtocolConnection, _ code: UInt16, _ reason: String) {
    connections[connection.id] = nil
    connection.peer.close(code: code, reason: reason)
  }

  private func receive(_ text: String, from id: String) {
    guard let connection = connections[id] else { return }
    guard let frame = JSON.parse(Array(text.utf8)), frame["type"]?.text == "req",
      let requestID = frame["id"]?.text, let method = frame["method"]?.text
    else {
      if connection.scopes == nil { drop(connection, 1008, "invalid request frame") }
      return
    }
    let parameters = frame["params"] ?? [:]
    guard let scopes = connection.scopes else {
      return connect(connection, requestID, method, parameters)
    }
    let result: Result<JSON, ProtocolError>
    do throws(ProtocolError) {
      result = .success(try call(method, parameters, scopes: scopes))
    } catch {
      say("[ws] ⇄ res ✗ \(method) errorCode=\(error.code) errorMessage=\(error.message)")
      result = .failure(error)
    }
    connection.respond(requestID, result)
  }

  /// Whether a connection would receive an event: most of the time none does.
  var hasListeners: Bool { connections.values.contains { $0.hears } }

  /// To everyone who may read.
  func broadcast(_ event: JSON, _ payload: JSON) {
    eventSequence += 1
    guard hasListeners else { return }
    let frame: JSON = [
      "type": "event", "event": event, "payload": payload, "seq": .integer(eventSequence),
    ]
    let text = frame.compact
    for connection in connections.values where connection.hears { connection.peer.send(text: text) }
  }
}
