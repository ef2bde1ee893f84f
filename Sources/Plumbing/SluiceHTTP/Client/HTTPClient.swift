import CCurl

/// An HTTP/1.1 client: one libcurl thread drives all transfers, connections are kept and reused.
///
/// The client follows no redirect, reads no proxy from the environment and decodes no content
/// encoding: a caller sees exactly the host's answer. `https` is verified.
public final class HTTPClient: Sendable {
  /// A URL or one header line longer than this is refused before anything is sent.
  static let lineLimit = 8 << 10
  static let headerLimit = 64 << 10

  private let engine = CurlEngine()

  public init() {}

  deinit { engine.shutdown() }

  /// Sends and waits for the whole answer. Any status is an answer, not an error.
  ///
  /// Cancelling the task aborts the transfer (`cancelled`).
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    if let refusal = Self.refusal(of: request) { throw refusal }
    let transfer = CurlTransfer(request)
    let engine = engine
    let outcome = await withTaskCancellationHandler {
      engine.submit(transfer)
      return await transfer.reply.wait()
    } onCancel: {
      engine.cancel(transfer)
    }
    return try outcome.get()
  }

  /// Ends the running transfers (`cancelled`) and the thread; every later `send` fails.
  public func shutdown() { engine.shutdown() }

  private static func refusal(of request: HTTPRequest) -> HTTPError? {
    func refuse(_ kind: HTTPError.Kind, _ message: String) -> HTTPError {
      HTTPError(kind, message, url: request.url)
    }
    let scheme = request.url.prefix { $0 != ":" }
    guard asciiEqual(scheme, "http") || asciiEqual(scheme, "https") else {
      return refuse(.malformed, "the URL must begin with http:// or https://")
    }
    guard request.url.utf8.count <= lineLimit else {
      return refuse(.tooLarge, "the URL is longer than \(lineLimit) bytes")
    }
    guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return refuse(.malformed, "the URL holds a space, a control or a non-ASCII character")
    }
    guard !request.method.isEmpty, request.method.utf8.allSatisfy(isTokenByte) else {
      return refuse(.malformed, "\"\(request.method)\" is not a method")
    }
    var total = 0
    for (name, value) in request.headers.entries {
      guard isValidHeader(name: name, value: value) else {
        // The value may be a secret: only the name is shown.
        return refuse(.malformed, "the header \"\(name)\" holds a character that HTTP forbids")
      }
      total += name.utf8.count + value.utf8.count + 4
    }
    guard total <= headerLimit else {
      return refuse(.tooLarge, "the headers have \(total) bytes, more than \(headerLimit)")
    }
    return nil
  }
}
