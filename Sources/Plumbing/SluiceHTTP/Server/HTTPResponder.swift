import SluiceCrypto

/// The answer to a client, valid on any thread, now or later; the first answer counts.
///
/// When the last copy goes without an answer the client gets 500: the client never waits for ever.
public struct HTTPResponder: Sendable {
  private final class Token: Sendable {
    let request: ServerRequest
    init(_ request: ServerRequest) { self.request = request }
    deinit {
      request.answer(.response(.text("The server has no answer to this.\n", status: 500)))
    }
  }

  private let token: Token
  /// The request's headers, for a WebSocket's handshake.
  private let requestMethod: String
  private let requestHeaders: HTTPHeaders

  init(_ request: ServerRequest, method: String, headers: HTTPHeaders) {
    token = Token(request)
    requestMethod = method
    requestHeaders = headers
  }

  /// Answers; every call after the first does nothing.
  public func respond(_ response: HTTPResponse) {
    token.request.answer(.response(response))
  }

  /// Whether an answer would have no reader: it was given, or the client has closed its side.
  public var isClientGone: Bool { token.request.isClientGone }

  /// Turns the connection into a WebSocket (RFC 6455 4.2), or answers 400, 426 or 503.
  ///
  /// `accept` sets the peer's callbacks; reading begins when it has returned. `messageLimit` is in
  /// bytes, for a whole message; a longer one closes with 1009.
  public func upgradeToWebSocket(
    headers: HTTPHeaders = [:], messageLimit: Int = 26_214_400,
    _ accept: @escaping @Sendable (WebSocketPeer) -> Void
  ) {
    switch WebSocketHandshake.accept(method: requestMethod, requestHeaders) {
    case .failure(let refusal):
      respond(refusal.response)
    case .success(let acceptKey):
      guard token.request.core.hasRoomForWebSocket else {
        respond(.text("Too many WebSockets.\n", status: 503))
        return
      }
      let plan = WebSocketUpgrade(
        acceptKey: acceptKey, headers: headers, messageLimit: messageLimit, accept: accept)
      token.request.answer(.upgrade(plan))
    }
  }
}

/// The use of a connection once its 101 is sent.
struct WebSocketUpgrade: Sendable {
  let acceptKey: String
  let headers: HTTPHeaders
  let messageLimit: Int
  let accept: @Sendable (WebSocketPeer) -> Void
}
