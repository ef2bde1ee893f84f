import SluiceSystem
import Testing

@testable import SluiceHTTP

/// Bytes by hand against our server and our client: what well-behaved programs never send.
@Suite("HTTP by hand")
struct RawTests {
  @Test("one connection serves request after request, pipelined too")
  func pipelined() async throws {
    try await withServer { request, responder in
      responder.respond(.text(request.path))
    } body: { _, _, server in
      let connection = try await connect(server.port)
      defer { connection.close() }
      let one = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
      let two = "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      try await connection.write(Array((one + two).utf8))
      let text = String(decoding: try await readToEnd(connection), as: UTF8.self)
      #expect(text.components(of: "HTTP/1.1 200 OK") == 2)
      #expect(text.contains("/a"))
      #expect(text.hasSuffix("/b"))
    }
  }

  @Test("an idle connection is closed, one that waits for its answer is not")
  func idle() async throws {
    let held = Recorder<HTTPResponder>()
    try await withServer(.init(idleTimeoutSeconds: 15)) { _, responder in
      held.add(responder)
    } body: { _, _, server in
      let waiting = try await connect(server.port)
      try await waiting.write(Array("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
      #expect(await eventually { held.all.count == 1 })
      let idle = try await connect(server.port)
      try await idle.write(Array("GET / HT".utf8))
      _ = try await readToEnd(idle)
      #expect(held.all.first?.isClientGone == false)
      held.all.first?.respond(.text("patience"))
      let text = String(decoding: try await readToEnd(waiting), as: UTF8.self)
      #expect(text.hasSuffix("patience"))
    }
  }

  @Test("what is not HTTP is answered 400 and the next one is served")
  func garbage() async throws {
    try await withServer { _, responder in
      responder.respond(.text("fine"))
    } body: { client, base, server in
      for text in [
        "\u{1}\u{2}\u{3}\r\n\r\n", "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\nHost: h\r\n\r\n",
      ] {
        let connection = try await connect(server.port)
        try await connection.write(Array(text.utf8))
        connection.finishWriting()
        let answer = String(decoding: try await readToEnd(connection), as: UTF8.self)
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(text): \(answer)")
        connection.close()
      }
      #expect(try await client.send(patient(base)).text == "fine")
    }
  }

  @Test("a body without end is cut off")
  func endlessBody() async throws {
    try await withServer(.init(maximumBodyBytes: 1000)) { _, responder in
      responder.respond(.text("never"))
    } body: { _, _, server in
      let connection = try await connect(server.port)
      defer { connection.close() }
      try await connection.write(
        Array("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
      let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 0x61, count: 65536) + [13, 10]
      var isCut = false
      for _ in 0..<200 where !isCut {
        do { try await connection.write(chunk) } catch { isCut = true }
      }
      #expect(isCut)
    }
  }

  @Test("a kept connection is reused, a fresh one is not")
  func reuse() async throws {
    try await withRawServer { connection in
      while let head = try await readHead(connection), !head.isEmpty {
        try await connection.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
      }
    } body: { base, accepted in
      let client = HTTPClient()
      for _ in 0..<5 { _ = try await client.send(patient(base)) }
      #expect(accepted.all.count == 1)
      for _ in 0..<2 {
        let request = patient(base, freshConnection: true)
        let response = try await client.send(request)
        #expect(response.text == "ok")
      }
      #expect(accepted.all.count == 3)
    }
  }

  @Test(
    "an answer that is broken has its own kind of error",
    arguments: [
      ("hello there\r\n\r\n", HTTPError.Kind.malformed),
      ("", .closed),
      ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", .closed),
      ("HTTP/1.1 200 OK\r\n" + String(repeating: "X-Y: 0123456789\r\n", count: 20_000), .tooLarge),
      ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", .tooLarge),
    ])
  func brokenAnswer(_ answer: String, _ kind: HTTPError.Kind) async throws {
    try await withRawServer { connection in
      _ = try await readHead(connection)
      try await connection.write(Array(answer.utf8))
    } body: { base, _ in
      let client = HTTPClient()
      let found = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(patient(base))
      }
      #expect(found == kind)
    }
  }

  @Test("an answer's head may have 128 KiB, and not a byte more", arguments: [0, 1])
  func largeHead(more: Int) async throws {
    let (start, end) = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "\r\n")
    let line = "X: " + String(repeating: "a", count: 1_019) + "\r\n"
    var head = start + String(repeating: line, count: 127)
    let left = 128 * 1_024 + more - head.utf8.count - end.utf8.count - "Y: \r\n".utf8.count
    head += "Y: " + String(repeating: "b", count: left) + "\r\n" + end
    let answer = head
    try await withRawServer { connection in
      _ = try await readHead(connection)
      try await connection.write(Array(answer.utf8))
    } body: { base, _ in
      let client = HTTPClient()
      let found = await failureKind { () async throws(HTTPError) in
        let response = try await client.send(patient(base))
        #expect(response.headers["Y"]?.utf8.count == left)
      }
      #expect(found == (more == 0 ? nil : .tooLarge))
    }
  }

  @Test("headers of an interim answer are not the answer's")
  func interim() async throws {
    try await withRawServer { connection in
      _ = try await readHead(connection)
      let text =
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nX-Late: 2\r\nContent-Length: 0\r\n\r\n"
      try await connection.write(Array(text.utf8))
    } body: { base, _ in
      let response = try await HTTPClient().send(patient(base))
      #expect(response.status == 200)
      #expect(response.headers["X-Early"] == nil)
      #expect(response.headers["X-Late"] == "2")
    }
  }
}

extension String {
  /// How often the text occurs.
  fileprivate func components(of text: String) -> Int {
    indices.filter { self[$0...].hasPrefix(text) }.count
  }
}
