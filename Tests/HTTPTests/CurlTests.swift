import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("HTTP server, asked by curl", .enabled(if: Processes.find("curl") != nil, "no curl"))
struct CurlTests {
  /// Runs curl with `arguments` after the common ones.
  private func curl(_ arguments: [String], input: [UInt8] = []) async throws -> ProcessOutcome {
    let path = try #require(Processes.find("curl"))
    return try await Processes.run(
      ProcessCommand(path, ["-sS", "--noproxy", "*", "--max-time", "20"] + arguments, input: input))
  }

  private func withEcho(
    _ options: HTTPServer.Options = .init(), _ body: (_ base: String) async throws -> Void
  ) async throws {
    try await withServer(options) { request, responder in
      responder.respond(.text("\(request.method) \(request.path) \(request.text)"))
    } body: { _, base, _ in
      try await body(base)
    }
  }

  @Test("GET and POST")
  func exchange() async throws {
    try await withEcho { base in
      #expect(try await curl([base + "/a"]).outputText == "GET /a ")
      #expect(try await curl(["-d", "x=1", base + "/b"]).outputText == "POST /b x=1")
      let chunked = try await curl(
        ["-H", "Transfer-Encoding: chunked", "--data-binary", "@-", base + "/c"],
        input: Array("chunks".utf8))
      #expect(chunked.outputText == "POST /c chunks")
    }
  }

  @Test("HEAD has the headers of GET and no body")
  func head() async throws {
    try await withEcho { base in
      let head = try await curl(["-I", base + "/a"]).outputText
      #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(head.contains("Content-Length: 7\r\n"))
      #expect(head.hasSuffix("\r\n\r\n"))
    }
  }

  @Test("a connection is kept, for HTTP/1.0 too when asked")
  func keepAlive() async throws {
    try await withEcho { base in
      for version in [["--http1.1"], ["--http1.0", "-H", "Connection: keep-alive"]] {
        let outcome = try await curl(version + ["-v", base + "/a", base + "/b"])
        #expect(outcome.outputText == "GET /a GET /b ")
        #expect(outcome.errorText.contains("Re-using existing connection"))
        #expect(outcome.errorText.lowercased().contains("< connection: keep-alive"))
      }
      let closing = try await curl(["-v", "-H", "Connection: close", base, base])
      #expect(!closing.errorText.contains("Re-using"))
    }
  }

  @Test("a body over the limit is answered 413, with a length or in chunks")
  func bodyLimit() async throws {
    try await withEcho(.init(maximumBodyBytes: 1000)) { base in
      let status = ["-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-"]
      let body = pattern(200_000)
      #expect(try await curl(status + [base], input: body).outputText == "413")
      let chunked = ["-H", "Transfer-Encoding: chunked"]
      #expect(try await curl(status + chunked + [base], input: body).outputText == "413")
      let expecting = ["-H", "Expect: 100-continue"]
      #expect(try await curl(status + expecting + [base], input: body).outputText == "413")
      let small = try await curl(status + expecting + [base], input: pattern(1000))
      #expect(small.outputText == "200")
    }
  }

  @Test("a URL that is too long is 414")
  func longURL() async throws {
    try await withEcho { base in
      let long = base + "/" + String(repeating: "a", count: 9000)
      let status = try await curl(["-o", "/dev/null", "-w", "%{http_code}", long])
      #expect(status.outputText == "414")
    }
  }

  @Test("a unix socket serves, replaces a stale file, refuses a living one, is gone after stop")
  func unixSocket() async throws {
    let directory = try TemporaryDirectory()
    let address = SocketAddress.unix(path: directory("s"))
    let start = { () throws(HTTPError) in
      try HTTPServer.start(address) { request, responder in
        responder.respond(.text(request.remoteAddress ?? "local"))
      }
    }
    let server = try start()
    let answer = try await curl(["--unix-socket", directory("s"), "http://name/"])
    #expect(answer.outputText == "local")
    let ours = try await HTTPClient().send(
      HTTPRequest("GET", "http://name/", unixSocket: directory("s")))
    #expect(ours.text == "local")
    #expect(throws: HTTPError.self) { _ = try start() }
    #expect(try Files.status(of: directory("s"))?.mode == 0o600)
    server.stop()
    #expect(try Files.status(of: directory("s")) == nil)
  }

}
