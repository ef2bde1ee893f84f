/// A request, as a client sends it or a server's handler receives it.
public struct HTTPRequest: Sendable {
  public var method: String
  /// Client: absolute, `http` or `https`. Server: the target as it came, still percent-encoded.
  public var url: String
  /// Percent-decoded, at least `/`.
  public var path: String
  /// Percent-decoded; of a name that occurs twice the first value counts.
  public var query: [String: String]
  public var headers: HTTPHeaders
  public var body: [UInt8]
  /// Server: the client's IP address; nil on a unix socket.
  public var remoteAddress: String?
  /// Client: for the whole exchange, from `send` to the last byte of the answer.
  public var deadline: Duration
  /// Client: for resolving, connecting and the TLS handshake.
  public var connectDeadline: Duration
  /// Client: bytes of body that an answer may have; one more is `tooLarge`.
  public var responseLimit: Int
  /// Client: the socket's path; the URL's host is then only a name.
  public var unixSocket: String?
  /// Client: neither takes a kept connection nor leaves one behind.
  public var freshConnection: Bool
  /// Client: for `https`; nil means the system's authorities and no client certificate.
  public var tls: HTTPClientTLS?

  public init(
    _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    deadline: Duration = .seconds(10), connectDeadline: Duration = .seconds(2),
    responseLimit: Int = 1 << 20, unixSocket: String? = nil, freshConnection: Bool = false
  ) {
    self.method = method
    self.url = url
    let target = HTTPTarget(HTTPTarget.of(url: url))
    self.path = target?.path ?? "/"
    self.query = target?.query ?? [:]
    self.headers = headers
    self.body = body
    self.deadline = deadline
    self.connectDeadline = connectDeadline
    self.responseLimit = responseLimit
    self.unixSocket = unixSocket
    self.freshConnection = freshConnection
  }

  /// A server's side of it, the target split already.
  init(
    _ method: String, target: HTTPTarget, rawTarget: String, headers: HTTPHeaders, body: [UInt8],
    remoteAddress: String?
  ) {
    self.method = method
    self.url = rawTarget
    self.path = target.path
    self.query = target.query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
    self.deadline = .zero
    self.connectDeadline = .zero
    self.responseLimit = 0
    self.unixSocket = nil
    self.freshConnection = false
  }

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// The trusted authorities of an `https` client and the client's own certificate: paths of PEM
/// files.
public struct HTTPClientTLS: Sendable, Equatable {
  /// Instead of the system's authorities.
  public var authorities: String?
  public var certificate: String?
  public var key: String?

  public init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
    self.authorities = authorities
    self.certificate = certificate
    self.key = key
  }
}

public struct HTTPResponse: Sendable {
  public var status: Int
  public var headers: HTTPHeaders
  public var body: [UInt8]
  /// Client: from `send` to the last byte.
  public var duration: Duration = .zero

  public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The body as UTF-8; invalid bytes become U+FFFD.
  public var text: String { String(decoding: body, as: UTF8.self) }

  public static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8)
    )
  }

  public static func json(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
  }
}
