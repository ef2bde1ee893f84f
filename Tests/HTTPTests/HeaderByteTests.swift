import Testing

@testable import SluiceHTTP

@Suite("Bytes that a head may hold")
struct HeaderByteTests {
  private static let ascii = (UInt8(1)...127).map { Unicode.Scalar($0) }

  @Test("spaces and tabs around a value are not its own, and every other byte is")
  func trimming() {
    for scalar in Self.ascii {
      let text = "\(scalar)a\(scalar)"
      let isBlank = scalar == " " || scalar == "\t"
      #expect(trimmed(text[...]) == (isBlank ? "a" : text[...]), "\(scalar.value)")
    }
    #expect(trimmed(" \t a b\t \t") == "a b")
    #expect(trimmed(" \t") == "")
  }

  @Test("a value holds text and tabs, no control character")
  func values() {
    for scalar in Self.ascii {
      let isText = scalar == "\t" || (" "..."~").contains(scalar)
      #expect(isValidHeader(name: "x", value: "a\(scalar)b") == isText, "\(scalar.value)")
    }
    #expect(isValidHeader(name: "x", value: "é") && isValidHeader(name: "x", value: ""))
  }

  @Test("a name is a token")
  func names() {
    for scalar in Self.ascii {
      let isToken =
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "!#$%&'*+-.^_`|~".unicodeScalars.contains(scalar)
      #expect(isValidHeader(name: "x\(scalar)", value: "") == isToken, "\(scalar.value)")
    }
    #expect(!isValidHeader(name: "", value: "") && !isValidHeader(name: "é", value: ""))
  }

  @Test(
    "a URL is printable ASCII",
    arguments: [
      ("http://127.0.0.1:1/!~", true), ("http://127.0.0.1:1/a b", false),
      ("http://127.0.0.1:1/\u{1f}", false), ("http://127.0.0.1:1/\u{7f}", false),
      ("http://127.0.0.1:1/é", false),
    ])
  func urls(url: String, isTaken: Bool) async {
    let client = HTTPClient()
    defer { client.shutdown() }
    // Nobody listens at port 1: a request that is sent says that it was refused.
    let error = await failureKind { () async throws(HTTPError) in
      _ = try await client.send(patient(url))
    }
    #expect((error == .malformed) == !isTaken, "\(url)")
    var dialled: WebSocketError?
    do throws(WebSocketError) {
      _ = try WebSocketDialer(
        "ws" + url.dropFirst(4), headers: [:], deadline: .seconds(1), unixSocket: nil, tls: nil)
    } catch { dialled = error }
    #expect((dialled?.kind == .malformed) == !isTaken, "\(url)")
  }

  @Test(
    "a handshake's answer begins with HTTP/1.1 and a status of three digits; the words may be missing",
    arguments: [
      ("HTTP/1.1 101 Switching Protocols\r\nA: b", 101), ("HTTP/1.1 101\r\nA: b", 101),
      ("HTTP/1.1 101 \r\nA:\tb ", 101), ("HTTP/1.1 100 x\nA: b", 100),
      ("HTTP/1.1 099 x\r\nA: b", nil),
      ("HTTP/1.1 1010 x\r\nA: b", nil), ("HTTP/1.1 1x1 x\r\nA: b", nil), ("HTTP/1.1\r\nA: b", nil),
      ("HTTP/1.0 101 x\r\nA: b", nil), ("HTTP/1.1 101 x\r\nA b", nil), ("", nil),
    ] as [(String, Int?)])
  func heads(head: String, status: Int?) {
    let parsed = WebSocketHandshake.parseHead(Array(head.utf8))
    #expect(parsed?.status == status)
    #expect(parsed?.headers["a"] == (status == nil ? nil : "b"))
  }
}
