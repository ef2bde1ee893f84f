public enum WebSocketMessage: Sendable, Equatable {
  case text(String)
  case binary([UInt8])
  /// The end: the code and reason that were received or, when this side failed the connection,
  /// sent. 1005: closed without a code. 1006: lost without a close frame.
  case closed(code: UInt16, reason: String)
}

/// Why a WebSocket did not open, or can no longer be used.
public struct WebSocketError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    case refused, timedOut, resolve, tls
    /// The server answered, but not with 101: `status` says what.
    case rejected
    case closed, malformed, cancelled, other
  }

  public let kind: Kind
  public let message: String
  /// Without user, password and query.
  public let url: String
  /// The HTTP status of an answer that was not 101.
  public let status: Int?

  public init(_ kind: Kind, _ message: String, url: String, status: Int? = nil) {
    self.kind = kind
    self.message = message
    self.url = HTTPTarget.withoutSecrets(url)
    self.status = status
  }

  public var description: String { "\(url): \(message)" }
}
