import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("HTTP client, served by nginx", .enabled(if: Processes.find("nginx") != nil, "no nginx"))
struct NginxTests {
  /// nginx in `directory` for as long as the body runs, with these lines in its server block.
  private func withNginx(
    _ directory: TemporaryDirectory, _ lines: String, tls: Bool = false,
    body: (_ base: String) async throws -> Void
  ) async throws {
    let port = try freePort()
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map { "\($0)_temp_path \(directory($0));" }.joined(separator: " ")
    let configuration = """
      daemon off; master_process off; pid \(directory("pid"));
      events { worker_connections 256; }
      http {
        access_log \(directory("access")) combined; \(temporary)
        server { listen 127.0.0.1:\(port)\(tls ? " ssl" : ""); root \(directory.path); \(lines) }
      }
      """
    try Files.create(directory("nginx.conf"), with: Array(configuration.utf8), mode: 0o600)
    let nginx = try #require(Processes.find("nginx"))
    let command = ProcessCommand(
      nginx, ["-p", directory.path, "-e", directory("error"), "-c", directory("nginx.conf")],
      deadline: .seconds(120))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { _ = try await Processes.run(command) }
      defer { group.cancelAll() }
      let scheme = tls ? "https" : "http"
      let client = HTTPClient()
      let isUp = await eventually {
        await failureKind { () async throws(HTTPError) in
          _ = try await client.send(HTTPRequest("GET", "\(scheme)://127.0.0.1:\(port)/"))
        } != .refused
      }
      #expect(isUp)
      try await body("\(scheme)://127.0.0.1:\(port)")
    }
  }

  private func write(_ directory: TemporaryDirectory, _ name: String, _ bytes: [UInt8]) throws {
    try Files.create(directory(name), with: bytes, mode: 0o644)
  }

  @Test("files small and big, HEAD, 404 and a redirect that is not followed")
  func files() async throws {
    let directory = try TemporaryDirectory()
    let big = pattern(5 << 20)
    try write(directory, "small.json", Array("{\"ok\":true}".utf8))
    try write(directory, "big.bin", big)
    try await withNginx(directory, "location /old { return 301 /small.json; }") { base in
      let client = HTTPClient()
      let small = try await client.send(HTTPRequest("GET", base + "/small.json"))
      #expect(small.text == "{\"ok\":true}")
      #expect(small.headers["server"]?.hasPrefix("nginx") == true)
      let whole = try await client.send(
        HTTPRequest("GET", base + "/big.bin", responseLimit: 5 << 20))
      #expect(whole.body == big)
      let head = try await client.send(HTTPRequest("HEAD", base + "/big.bin"))
      #expect(head.headers["Content-Length"] == "\(big.count)")
      #expect(head.body.isEmpty)
      #expect(try await client.send(HTTPRequest("GET", base + "/none")).status == 404)
      #expect(try await client.send(HTTPRequest("GET", base + "/old")).status == 301)
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", base + "/big.bin"))
      }
      #expect(kind == .tooLarge)
    }
  }

  @Test("200 files at once come whole")
  func parallel() async throws {
    let directory = try TemporaryDirectory()
    let body = pattern(40_000)
    try write(directory, "file", body)
    try await withNginx(directory, "") { base in
      let client = HTTPClient()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<200 {
          group.addTask {
            try await client.send(HTTPRequest("GET", base + "/file")).body == body
          }
        }
        for try await isWhole in group { #expect(isWhole) }
      }
    }
  }

  @Test("TLS is verified: an unknown authority is refused, a named one is trusted")
  func verified() async throws {
    let directory = try TemporaryDirectory()
    let openssl = try #require(Processes.find("openssl"))
    let made = try await Processes.run(
      ProcessCommand(
        openssl,
        [
          "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-keyout", directory("key.pem"), "-out", directory("cert.pem"), "-days", "2",
          "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
        ]))
    try #require(made.succeeded, "\(made.errorText)")
    try write(directory, "file", Array("secret".utf8))
    let lines =
      "ssl_certificate \(directory("cert.pem")); ssl_certificate_key \(directory("key.pem"));"
    let server = try HTTPServer.start(loopback) { _, responder in
      responder.upgradeToWebSocket { peer in peer.onText { peer.send(text: $0 + "!") } }
    }
    defer { server.stop() }
    let proxy = """
      location /socket {
        proxy_pass http://127.0.0.1:\(server.port); proxy_http_version 1.1;
        proxy_set_header Upgrade websocket; proxy_set_header Connection upgrade;
      }
      """
    try await withNginx(directory, lines + proxy, tls: true) { base in
      let client = HTTPClient()
      var request = HTTPRequest("GET", base + "/file")
      let untrusted = request
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(untrusted)
      }
      #expect(kind == .tls)
      request.tls = HTTPClientTLS(authorities: directory("cert.pem"))
      let trusted = try await client.send(request)
      #expect(trusted.text == "secret")
      // Trust given to one request does not leak into the next over a kept connection.
      let after = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(untrusted)
      }
      #expect(after == .tls)
      let socketURL = "wss" + base.dropFirst(5) + "/socket"
      await #expect {
        _ = try await dial(socketURL)
      } throws: { ($0 as? WebSocketError)?.kind == .tls }
      let socket = try await WebSocketClient.connect(
        socketURL, deadline: .seconds(60),
        tls: HTTPClientTLS(authorities: directory("cert.pem")))
      let long = String(repeating: "over TLS ", count: 100_000)
      try await socket.send(text: long)
      let echo = try await socket.receive()
      #expect(echo == .text(long + "!"))
      await socket.close()
    }
  }

  @Test("nginx between our client and our server passes requests, bodies and WebSockets")
  func proxied() async throws {
    try await withServer { request, responder in
      if request.path == "/socket" {
        return responder.upgradeToWebSocket { peer in peer.onText { peer.send(text: $0) } }
      }
      responder.respond(.text("\(request.method) \(request.body.count)"))
    } body: { client, base, _ in
      let directory = try TemporaryDirectory()
      let lines = """
        location / {
          proxy_pass \(base); proxy_http_version 1.1;
          proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
        }
        """
      let upgrade = "set $connection_upgrade $http_connection; "
      try await withNginx(directory, upgrade + lines) { proxy in
        let response = try await client.send(
          HTTPRequest("PUT", proxy + "/x", body: pattern(90_000)))
        #expect(response.text == "PUT 90000")
        let socket = try await dial("ws" + proxy.dropFirst(4) + "/socket")
        try await socket.send(text: "through nginx")
        #expect(try await socket.receive() == .text("through nginx"))
        await socket.close()
      }
    }
  }
}
