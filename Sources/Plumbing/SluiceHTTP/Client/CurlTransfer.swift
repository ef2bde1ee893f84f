import CCurl
import SluiceSystem
import Synchronization

/// One request on its way through libcurl.
///
/// `@unchecked Sendable`: after `submit` everything but `reply` and `isCancelled` belongs to the
/// engine's thread, on which libcurl calls the callbacks as well.
final class CurlTransfer: @unchecked Sendable {
  typealias Outcome = Result<HTTPResponse, HTTPError>

  private static let responseHeaderLimit = 128 << 10

  private let request: HTTPRequest
  private let started = ContinuousClock.now
  let reply = Reply<Outcome>()
  private let isCancelled = Atomic(false)

  /// The handle while libcurl works on it.
  private(set) var easy: UnsafeMutableRawPointer?
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  private var headers = HTTPHeaders()
  private var headerBytes = 0
  private var body: [UInt8] = []
  private var isOverLimit = false

  init(_ request: HTTPRequest) {
    self.request = request
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  // MARK: Any thread

  func requestCancellation() { isCancelled.store(true, ordering: .releasing) }

  func fail(_ kind: HTTPError.Kind, _ message: String) {
    reply.give(.failure(HTTPError(kind, message, url: request.url)))
  }

  // MARK: The engine's thread

  var remainingMilliseconds: Int {
    Int((request.deadline - (ContinuousClock.now - started)).wholeMillisecondsRoundedUp)
  }

  /// For one that still waits for its turn: ends it when it was cancelled or its time is up.
  func failIfOver() -> Bool {
    if isCancelled.load(ordering: .acquiring) {
      fail(.cancelled, "cancelled")
      return true
    }
    if remainingMilliseconds <= 0 {
      fail(.timedOut, "no answer within \(request.deadline), and not even sent: too many at once")
      return true
    }
    return false
  }

  /// False when libcurl refuses one of the settings.
  func configure(_ easy: UnsafeMutableRawPointer) -> Bool {
    self.easy = easy
    let context = Unmanaged.passUnretained(self).toOpaque()
    var accepted = true
    func set(_ option: CURLoption, _ value: Int) {
      accepted = accepted && sluice_curl_set_long(easy, option, value) == CURLE_OK
    }
    func set(_ option: CURLoption, _ value: String?) {
      guard let value else { return }
      accepted = accepted && sluice_curl_set_string(easy, option, value) == CURLE_OK
    }
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_NOPROXY, "*")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_USERAGENT, "sluice")
    set(CURLOPT_TIMEOUT_MS, max(1, remainingMilliseconds))
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(request.connectDeadline.wholeMillisecondsRoundedUp)))
    set(CURLOPT_UNIX_SOCKET_PATH, request.unixSocket)
    if request.freshConnection {
      set(CURLOPT_FRESH_CONNECT, 1)
      set(CURLOPT_FORBID_REUSE, 1)
    }
    set(CURLOPT_CAINFO, request.tls?.authorities)
    set(CURLOPT_SSLCERT, request.tls?.certificate)
    set(CURLOPT_SSLKEY, request.tls?.key)
    if request.method != "HEAD" {
      // Refused by its declared length already; 0 would mean no limit.
      let limit = curl_off_t(max(1, request.responseLimit))
      accepted =
        accepted && sluice_curl_set_large(easy, CURLOPT_MAXFILESIZE_LARGE, limit) == CURLE_OK
    }
    configureMessage(set: set, set: set)
    accepted = accepted && buildHeaderList()
    accepted = accepted && sluice_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList) == CURLE_OK
    accepted = accepted && sluice_curl_set_write(easy, onBody, context) == CURLE_OK
    accepted = accepted && sluice_curl_set_header(easy, onHeader, context) == CURLE_OK
    accepted =
      accepted && sluice_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText) == CURLE_OK
    return accepted
  }

  private func configureMessage(
    set number: (CURLoption, Int) -> Void, set text: (CURLoption, String?) -> Void
  ) {
    guard let easy else { return }
    let sendsLength = ["POST", "PUT", "PATCH"].contains(request.method)
    if request.method == "HEAD" {
      number(CURLOPT_NOBODY, 1)
    } else if !request.body.isEmpty || sendsLength {
      _ = request.body.withUnsafeBytes { bytes in
        // An empty array may have no address, and NULL would mean "read the body from stdin".
        withUnsafePointer(to: UInt8(0)) { nothing in
          sluice_curl_set_body(easy, bytes.baseAddress ?? UnsafeRawPointer(nothing), bytes.count)
        }
      }
      text(CURLOPT_CUSTOMREQUEST, request.method)
    } else {
      number(CURLOPT_HTTPGET, 1)
      text(CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func buildHeaderList() -> Bool {
    var lines: [String] = []
    for (name, value) in request.headers.entries
    where !asciiEqual(name, "Content-Length") && !asciiEqual(name, "Transfer-Encoding") {
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    // libcurl would wait a second for "100 Continue" and call every body a form.
    if request.headers["Expect"] == nil { lines.append("Expect:") }
    if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
    for line in lines {
      guard let list = curl_slist_append(headerList, line) else { return false }
      headerList = list
    }
    return true
  }

  /// libcurl no longer refers to this transfer.
  func release() { easy = nil }

  fileprivate func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= request.responseLimit else {
      isOverLimit = true
      return false
    }
    body.append(contentsOf: bytes)
    return true
  }

  fileprivate func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.responseHeaderLimit else {
      isOverLimit = true
      return false
    }
    var count = bytes.count
    while count > 0, bytes[count - 1] == 0x0A || bytes[count - 1] == 0x0D { count -= 1 }
    let line = String(decoding: bytes[..<count], as: UTF8.self)
    if line.hasPrefix("HTTP/") {
      // A "100 Continue" came before: only the last head counts.
      headers = HTTPHeaders()
    } else if let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) {
      headers.add(
        String(line[..<colon]), String(trimmed(line[line.utf8.index(after: colon)...])))
    }
    return true
  }

  func outcome(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> Outcome {
    guard code == CURLE_OK else { return .failure(failure(code)) }
    var status = 0
    _ = sluice_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    var response = HTTPResponse(status: status, headers: headers, body: body)
    response.duration = ContinuousClock.now - started
    return .success(response)
  }

  private func failure(_ code: CURLcode) -> HTTPError {
    if isOverLimit {
      let what =
        headerBytes > Self.responseHeaderLimit
        ? "headers of more than \(Self.responseHeaderLimit)" : "more than \(request.responseLimit)"
      return HTTPError(.tooLarge, "the answer has \(what) bytes", url: request.url)
    }
    let detail =
      errorText.pointee == 0
      ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
    return HTTPError(curlErrorKind(code), detail, url: request.url)
  }
}

/// The meaning of a libcurl code for a caller.
func curlErrorKind(_ code: CURLcode) -> HTTPError.Kind {
  switch code {
  case CURLE_COULDNT_CONNECT: .refused
  case CURLE_OPERATION_TIMEDOUT: .timedOut
  case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve
  case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE: .closed
  case CURLE_FILESIZE_EXCEEDED: .tooLarge
  case CURLE_ABORTED_BY_CALLBACK: .cancelled
  case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY: .malformed
  case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
    CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CLIENTCERT,
    CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    .tls
  default: .other
  }
}

private let onBody: curl_write_callback = { bytes, size, count, context in
  transferCallback(bytes, size * count, context) { $0.receiveBody($1) }
}

private let onHeader: curl_write_callback = { bytes, size, count, context in
  transferCallback(bytes, size * count, context) { $0.receiveHeader($1) }
}

/// Returning fewer bytes than offered makes libcurl abort the transfer.
private func transferCallback(
  _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
  _ receive: (CurlTransfer, UnsafeRawBufferPointer) -> Bool
) -> Int {
  guard let context else { return 0 }
  let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  return receive(transfer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
}
