import SluiceCrypto

/// The opening handshake of RFC 6455 section 4, both sides.
enum WebSocketHandshake {
  struct Refusal: Error {
    let response: HTTPResponse

    init(_ text: String, status: Int = 400) {
      var response = HTTPResponse.text(text + "\n", status: status)
      if status == 426 {
        response.headers["Upgrade"] = "websocket"
        response.headers["Sec-WebSocket-Version"] = "13"
      }
      self.response = response
    }
  }

  /// The server's answer to a client's key (4.2.2).
  static func acceptValue(for key: String) -> String {
    Base64.encode(SHA1Digest.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// The server's side: the accept value, or the answer that refuses.
  static func accept(method: String, _ headers: HTTPHeaders) -> Result<String, Refusal> {
    guard method == "GET", headers.hasToken("websocket", in: "Upgrade"),
      headers.hasToken("upgrade", in: "Connection")
    else { return .failure(Refusal("A WebSocket is served here.", status: 426)) }
    guard headers["Sec-WebSocket-Version"] == "13" else {
      return .failure(Refusal("Only WebSocket version 13 is served.", status: 426))
    }
    guard let key = headers["Sec-WebSocket-Key"], Base64.decode(key)?.count == 16 else {
      return .failure(Refusal("Sec-WebSocket-Key is not 16 bytes in Base64."))
    }
    return .success(acceptValue(for: key))
  }

  static func newKey() -> String {
    var generator = SystemRandomNumberGenerator()
    return Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  /// The client's request; `host` with its port, `target` still encoded.
  static func request(host: String, target: String, key: String, headers: HTTPHeaders) -> [UInt8] {
    var lines = ["GET \(target) HTTP/1.1"]
    if headers["Host"] == nil { lines.append("Host: \(host)") }
    lines += [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \(key)",
      "Sec-WebSocket-Version: 13",
    ]
    lines += headers.entries.map { "\($0.name): \($0.value)" }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }

  /// Status and headers of an answer's head, without its empty line; nil when it is not HTTP/1.1.
  static func parseHead(_ head: [UInt8]) -> (status: Int, headers: HTTPHeaders)? {
    let lines = String(decoding: head, as: UTF8.self).unicodeScalars
      .split(separator: "\n").map { Substring($0.last == "\r" ? $0.dropLast() : $0) }
    guard let first = lines.first?.split(separator: " ", maxSplits: 2), first.count >= 2,
      first[0] == "HTTP/1.1", first[1].utf8.count == 3, let status = Int(first[1]), status >= 100
    else { return nil }
    var headers = HTTPHeaders()
    for line in lines.dropFirst() {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      headers.add(String(line[..<colon]), String(trimmed(line[line.utf8.index(after: colon)...])))
    }
    return (status, headers)
  }

  /// Why a 101 is not the one that was asked for; nil when it is (4.1).
  static func problem(with headers: HTTPHeaders, key: String) -> String? {
    if !headers.hasToken("websocket", in: "Upgrade")
      || !headers.hasToken("upgrade", in: "Connection")
    {
      return "the server's 101 does not upgrade to a WebSocket"
    }
    if headers["Sec-WebSocket-Accept"] != acceptValue(for: key) {
      return "the server's Sec-WebSocket-Accept does not answer this request: a cache between?"
    }
    if headers["Sec-WebSocket-Extensions"] != nil {
      return "the server chose an extension that was not offered"
    }
    return nil
  }
}
