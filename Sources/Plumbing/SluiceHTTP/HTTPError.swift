/// Why an exchange gave no answer, or a server did not start.
public struct HTTPError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// No process listens there, or no route leads there.
    case refused
    case timedOut
    /// The other side ended the connection before its answer was whole.
    case closed
    case tooLarge, tls, resolve
    /// The request could not be sent as it is, or the answer is not HTTP.
    case malformed
    case cancelled
    case other
  }

  public let kind: Kind
  public let message: String
  /// Without user, password and query: an error is shown.
  public let url: String

  public init(_ kind: Kind, _ message: String, url: String) {
    self.kind = kind
    self.message = message
    self.url = HTTPTarget.withoutSecrets(url)
  }

  public var description: String { "\(url): \(message)" }
}
