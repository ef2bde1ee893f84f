import SluiceSystem
import CCurl
import SluiceSystem

/// Opens a WebSocket on a short-lived thread: libcurl resolves, connects and does TLS, then the
/// handshake goes over the bare connection.
final class WebSocketDialer: Sendable {
  struct Opened: Sendable {
    let transport: any WebSocketTransport
    let headers: HTTPHeaders
    /// The bytes after the handshake's last byte.
    let early: [UInt8]
  }

  typealias Outcome = Result<Opened, WebSocketError>

  private static let headLimit = 16 << 10
  /// How long a cancelled dial may go on unnoticed.
  private static let pollMilliseconds = 100

  private let url: String
  /// The same with `http` or `https`, as libcurl wants it.
  private let httpURL: String
  private let host: String
  private let target: String
  private let headers: HTTPHeaders
  private let unixSocket: String?
  private let tls: HTTPClientTLS?
  private let deadline: ContinuousClock.Instant
  private let key = WebSocketHandshake.newKey()
  private let reply = Reply<Outcome>()

  init(
    _ url: String, headers: HTTPHeaders, deadline: Duration, unixSocket: String?,
    tls: HTTPClientTLS?
  ) throws(WebSocketError) {
    let isPlain = url.hasPrefix("ws://")
    guard isPlain || url.hasPrefix("wss://") else {
      throw WebSocketError(.malformed, "the URL must begin with ws:// or wss://", url: url)
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !url.contains("@"),
      url.utf8.count <= HTTPClient.lineLimit
    else {
      throw WebSocketError(
        .malformed, "the URL is too long or holds a user, a space or a character beyond ASCII",
        url: url)
    }
    for (name, value) in headers.entries where !isValidHeader(name: name, value: value) {
      throw WebSocketError(
        .malformed, "the header \"\(name)\" holds a character that HTTP forbids", url: url)
    }
    let rest = url.dropFirst(isPlain ? 5 : 6)
    self.url = url
    self.httpURL = (isPlain ? "http://" : "https://") + rest
    self.host = String(rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    let target = HTTPTarget.of(url: url).prefix { $0 != "#" }
    self.target = target.hasPrefix("/") ? String(target) : "/" + target
    self.headers = headers
    self.unixSocket = unixSocket
    self.tls = tls
    self.deadline = ContinuousClock.now + deadline
  }

  /// Cancelling the task ends the wait at once; the thread follows by itself.
  func dial() async -> Outcome {
    if !PlainThread.start({ self.run() }) {
      reply.give(.failure(failure(.other, "the system gives no thread for the connection")))
    }
    return await reply.wait(orWhenCancelled: .failure(failure(.cancelled, "cancelled")))
  }

  private func failure(
    _ kind: WebSocketError.Kind, _ message: String, status: Int? = nil
  ) -> WebSocketError {
    WebSocketError(kind, message, url: url, status: status)
  }

  // MARK: The thread

  private func run() {
    let transport: CurlTransport
    do throws(WebSocketError) {
      transport = try connect()
    } catch {
      reply.give(.failure(error))
      return
    }
    do throws(WebSocketError) {
      let request = WebSocketHandshake.request(
        host: host, target: target, key: key, headers: headers)
      try write(request, to: transport)
      let (headers, early) = try readAnswer(from: transport)
      let opened = Opened(transport: transport, headers: headers, early: early)
      if !reply.give(.success(opened)) { transport.close() }
    } catch {
      transport.close()
      reply.give(.failure(error))
    }
  }

  private func connect() throws(WebSocketError) -> CurlTransport {
    guard let easy = CurlEngine.makeHandle() else {
      throw failure(.other, "libcurl gives no handle: out of memory")
    }
    func set(_ option: CURLoption, _ value: String?) {
      if let value { _ = sluice_curl_set_string(easy, option, value) }
    }
    let left = max(1, Int((deadline - .now).wholeMillisecondsRoundedUp))
    set(CURLOPT_URL, httpURL)
    set(CURLOPT_NOPROXY, "*")
    set(CURLOPT_UNIX_SOCKET_PATH, unixSocket)
    set(CURLOPT_CAINFO, tls?.authorities)
    set(CURLOPT_SSLCERT, tls?.certificate)
    set(CURLOPT_SSLKEY, tls?.key)
    _ = sluice_curl_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
    _ = sluice_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    _ = sluice_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, left)
    // HTTP/2 would have to be spoken as soon as TLS agreed on it.
    _ = sluice_curl_set_long(easy, CURLOPT_SSL_ENABLE_ALPN, 0)
    let code = curl_easy_perform(easy)
    var descriptor: curl_socket_t = -1
    guard code == CURLE_OK, sluice_curl_get_socket(easy, &descriptor) == CURLE_OK, descriptor >= 0
    else {
      let text = String(cString: curl_easy_strerror(code))
      curl_easy_cleanup(easy)
      throw failure(Self.kind(of: code), text)
    }
    return CurlTransport(easy, descriptor: descriptor)
  }

  private static func kind(of code: CURLcode) -> WebSocketError.Kind {
    switch curlErrorKind(code) {
    case .refused: .refused
    case .timedOut: .timedOut
    case .resolve: .resolve
    case .tls: .tls
    case .malformed: .malformed
    case .closed: .closed
    case .tooLarge, .cancelled, .other: .other
    }
  }

  private func write(_ bytes: [UInt8], to transport: CurlTransport) throws(WebSocketError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch rest.withUnsafeBytes({ transport.send($0) }) {
      case .count(let count): rest = rest.dropFirst(count)
      case .wouldBlock: try wait(for: Int16(POLLOUT), transport)
      case .ended: throw failure(.closed, "the server closed the connection during the handshake")
      }
    }
  }

  /// Reads the answer's head and checks it; returns it and what came after it.
  private func readAnswer(
    from transport: CurlTransport
  ) throws(WebSocketError) -> (HTTPHeaders, early: [UInt8]) {
    var bytes: [UInt8] = []
    while true {
      let result = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
        let result = transport.receive(into: buffer)
        if case .count(let count) = result { bytes.append(contentsOf: buffer[..<count]) }
        return result
      }
      if let end = endOfHead(bytes) {
        return (try check(head: Array(bytes[..<(end - 4)])), Array(bytes[end...]))
      }
      guard bytes.count <= Self.headLimit else {
        throw failure(
          .malformed, "the server's answer has more than \(Self.headLimit) bytes of headers")
      }
      switch result {
      case .count: continue
      case .wouldBlock: try wait(for: Int16(POLLIN), transport)
      case .ended: throw failure(.closed, "the server closed the connection during the handshake")
      }
    }
  }

  private func endOfHead(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for end in 4...bytes.count where bytes[(end - 4)..<end].elementsEqual([13, 10, 13, 10]) {
      return end
    }
    return nil
  }

  private func check(head: [UInt8]) throws(WebSocketError) -> HTTPHeaders {
    guard let (status, headers) = WebSocketHandshake.parseHead(head) else {
      throw failure(.malformed, "the server does not speak HTTP/1.1")
    }
    guard status == 101 else {
      throw failure(
        .rejected, "the server answered \(status), not a WebSocket's 101", status: status)
    }
    if let problem = WebSocketHandshake.problem(with: headers, key: key) {
      throw failure(.malformed, problem)
    }
    return headers
  }

  private func wait(for events: Int16, _ transport: CurlTransport) throws(WebSocketError) {
    while true {
      guard !reply.isGiven else { throw failure(.cancelled, "cancelled") }
      let left = Int((deadline - .now).wholeMillisecondsRoundedUp)
      guard left > 0 else { throw failure(.timedOut, "no WebSocket handshake within the deadline") }
      var entry = pollfd(fd: transport.descriptor, events: events, revents: 0)
      if poll(&entry, 1, Int32(min(left, Self.pollMilliseconds))) > 0 { return }
    }
  }
}
