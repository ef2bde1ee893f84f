import Dispatch
import SluiceHTTP
import SluiceSystem
import Synchronization
import Testing

@Suite("HTTP client and server")
struct ExchangeTests {
  @Test("method, path, query, headers and body arrive, the answer comes back")
  func roundTrip() async throws {
    try await withServer { request, responder in
      var response = HTTPResponse(status: 201, headers: ["X-Method": request.method])
      response.headers.add("X-Path", request.path)
      response.headers.add("X-Query", request.query["q"] ?? "")
      response.headers.add("X-Copy", request.headers["x-some"] ?? "")
      response.headers.add("X-From", request.remoteAddress ?? "")
      response.body = request.body.reversed()
      responder.respond(response)
    } body: { client, base, _ in
      for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let response = try await client.send(
          HTTPRequest(
            method, base + "/a%20b?q=x%26y", headers: ["X-Some": "thing"], body: [1, 2, 3]))
        #expect(response.status == 201)
        #expect(response.headers["x-method"] == method)
        #expect(response.headers["X-Path"] == "/a b")
        #expect(response.headers["X-Query"] == "x&y")
        #expect(response.headers["X-Copy"] == "thing")
        #expect(response.headers["X-From"] == "127.0.0.1")
        #expect(response.body == [3, 2, 1])
        #expect(response.duration > .zero)
      }
    }
  }

  @Test("no header is invented for a body, and a POST without one has length 0")
  func plainHeaders() async throws {
    try await withServer { request, responder in
      let names = request.headers.entries.map { "\($0.name)=\($0.value)" }
      responder.respond(.text(names.sorted().joined(separator: "\n")))
    } body: { client, base, _ in
      let text = try await client.send(HTTPRequest("POST", base)).text
      #expect(text.contains("Content-Length=0"))
      #expect(!text.contains("Content-Type"))
      #expect(!text.contains("Expect"))
      let get = try await client.send(HTTPRequest("GET", base)).text
      #expect(!get.contains("Content-Length"))
    }
  }

  @Test("HEAD reaches the handler as GET and has the length without the body")
  func head() async throws {
    try await withServer { request, responder in
      responder.respond(.text(request.method))
    } body: { client, base, _ in
      let response = try await client.send(HTTPRequest("HEAD", base))
      #expect(response.status == 200)
      #expect(response.headers["Content-Length"] == "3")
      #expect(response.body.isEmpty)
      #expect(try await client.send(HTTPRequest("GET", base)).text == "GET")
    }
  }

  @Test("a body of 8 MB goes there and back")
  func bigBody() async throws {
    let body = pattern(8 << 20)
    try await withServer(.init(maximumBodyBytes: 8 << 20)) { request, responder in
      responder.respond(HTTPResponse(status: 200, body: request.body))
    } body: { client, base, _ in
      let response = try await client.send(
        HTTPRequest("POST", base, body: body, responseLimit: 8 << 20))
      #expect(response.body == body)
    }
  }

  @Test("an answer over the limit is tooLarge, one at the limit is whole")
  func responseLimit() async throws {
    try await withServer { _, responder in
      responder.respond(HTTPResponse(status: 200, body: pattern(5000)))
    } body: { client, base, _ in
      let whole = try await client.send(HTTPRequest("GET", base, responseLimit: 5000))
      #expect(whole.body.count == 5000)
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", base, responseLimit: 4999))
      }
      #expect(kind == .tooLarge)
    }
  }

  @Test("a body, a URL and headers over the server's limits are answered without the handler")
  func requestLimits() async throws {
    let calls = Recorder<String>()
    try await withServer(.init(maximumBodyBytes: 1000)) { request, responder in
      calls.add(request.path)
      responder.respond(.text("\(request.body.count)"))
    } body: { client, base, _ in
      let whole = try await client.send(HTTPRequest("POST", base, body: pattern(1000)))
      #expect(whole.text == "1000")
      let over = try await client.send(HTTPRequest("POST", base, body: pattern(1001)))
      #expect(over.status == 413)
      let path = "/" + String(repeating: "a", count: 8000)
      #expect(try await client.send(HTTPRequest("GET", base + path)).status == 200)
      let broken = try await client.send(HTTPRequest("GET", base + "/%zz"))
      #expect(broken.status == 400)
      let headers: HTTPHeaders = ["X-Long": String(repeating: "a", count: 40_000)]
      let status = try await client.send(HTTPRequest("GET", base, headers: headers)).status
      #expect([400, 413, 431].contains(status))
      #expect(calls.all == ["/", path])
    }
  }

  @Test("a request that cannot be put on the wire is refused before it is sent")
  func unsendable() async throws {
    let client = HTTPClient()
    let bad = [
      HTTPRequest("GET", "ftp://127.0.0.1/"), HTTPRequest("GET", "file:///etc/passwd"),
      HTTPRequest("GET", "http://127.0.0.1:1/a b"), HTTPRequest("G ET", "http://127.0.0.1:1/"),
      HTTPRequest("GET", "http://127.0.0.1:1/", headers: ["A": "b\r\nX: y"]),
      HTTPRequest("GET", "http://127.0.0.1:1/", headers: ["A b": "c"]),
    ]
    for request in bad {
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(request)
      }
      #expect(kind == .malformed)
    }
    let long = HTTPRequest("GET", "http://127.0.0.1:1/" + String(repeating: "a", count: 9000))
    #expect(
      await failureKind { () async throws(HTTPError) in _ = try await client.send(long) }
        == .tooLarge)
  }

  @Test("an answer may come later, from another thread, many at once")
  func lateAnswers() async throws {
    let later = DispatchQueue(label: "later")
    try await withServer { request, responder in
      let text = request.query["n"] ?? ""
      later.asyncAfter(deadline: .now() + .milliseconds(5)) { responder.respond(.text(text)) }
    } body: { client, base, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<100 {
          group.addTask {
            try await client.send(HTTPRequest("GET", base + "/?n=\(number)")).text == "\(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test("500 requests at once are all answered")
  func parallel() async throws {
    try await withServer { request, responder in
      responder.respond(.text(request.path))
    } body: { client, base, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<500 {
          group.addTask {
            try await client.send(HTTPRequest("GET", base + "/\(number)")).text == "/\(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test("the first answer counts")
  func answeredTwice() async throws {
    try await withServer { _, responder in
      responder.respond(.text("first"))
      responder.respond(.text("second"))
      #expect(responder.isClientGone)
    } body: { client, base, _ in
      for _ in 0..<3 {
        let response = try await client.send(HTTPRequest("GET", base))
        #expect(response.text == "first")
      }
    }
  }

  @Test("a responder that is dropped answers 500")
  func dropped() async throws {
    try await withServer { _, _ in
    } body: { client, base, _ in
      let response = try await client.send(HTTPRequest("GET", base))
      #expect(response.status == 500)
    }
  }

  @Test("an answer with an invalid header becomes 500")
  func invalidAnswer() async throws {
    try await withServer { _, responder in
      responder.respond(HTTPResponse(status: 200, headers: ["X": "a\r\nSet-Cookie: b"]))
    } body: { client, base, _ in
      let response = try await client.send(HTTPRequest("GET", base))
      #expect(response.status == 500)
      #expect(response.headers["Set-Cookie"] == nil)
    }
  }

  @Test("a slow server runs into the deadline")
  func deadline() async throws {
    let held = Recorder<HTTPResponder>()
    try await withServer { _, responder in
      held.add(responder)
    } body: { client, base, _ in
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", base, deadline: .milliseconds(50)))
      }
      #expect(kind == .timedOut)
    }
  }

  @Test("a cancelled request ends at once, and the server can see it")
  func cancelled() async throws {
    let held = Recorder<HTTPResponder>()
    try await withServer { _, responder in
      held.add(responder)
    } body: { client, base, _ in
      let task = Task {
        await failureKind { () async throws(HTTPError) in
          _ = try await client.send(HTTPRequest("GET", base, deadline: .seconds(600)))
        }
      }
      #expect(await eventually { held.all.count == 1 })
      #expect(held.all.first?.isClientGone == false)
      task.cancel()
      #expect(await task.value == .cancelled)
      #expect(await eventually { held.all.first?.isClientGone == true })
      let early = Task {
        await failureKind { () async throws(HTTPError) in
          withUnsafeCurrentTask { $0?.cancel() }
          _ = try await client.send(HTTPRequest("GET", base, deadline: .seconds(600)))
        }
      }
      #expect(await early.value == .cancelled)
    }
  }

  @Test("a port where nobody listens is refused, for HTTP and WebSocket")
  func refused() async throws {
    let port = try freePort()
    let client = HTTPClient()
    let kind = await failureKind { () async throws(HTTPError) in
      _ = try await client.send(HTTPRequest("GET", "http://127.0.0.1:\(port)/"))
    }
    #expect(kind == .refused)
    await #expect {
      _ = try await dial("ws://127.0.0.1:\(port)/")
    } throws: { ($0 as? WebSocketError)?.kind == .refused }
  }

  @Test("a redirect is an answer, not followed")
  func redirect() async throws {
    try await withServer { _, responder in
      responder.respond(HTTPResponse(status: 302, headers: ["Location": "/elsewhere"]))
    } body: { client, base, _ in
      let response = try await client.send(HTTPRequest("GET", base))
      #expect(response.status == 302)
      #expect(response.headers["Location"] == "/elsewhere")
    }
  }

  @Test("TLS to a server that does not speak it is an error of kind tls")
  func notTLS() async throws {
    try await withServer { _, responder in
      responder.respond(.text("x"))
    } body: { client, _, server in
      let kind = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", "https://127.0.0.1:\(server.port)/"))
      }
      #expect(kind == .tls)
    }
  }

  @Test("a client that was shut down fails what is under way and what comes after")
  func shutdown() async throws {
    let held = Recorder<HTTPResponder>()
    try await withServer { _, responder in
      held.add(responder)
    } body: { client, base, _ in
      let task = Task {
        await failureKind { () async throws(HTTPError) in
          _ = try await client.send(HTTPRequest("GET", base, deadline: .seconds(600)))
        }
      }
      #expect(await eventually { held.all.count == 1 })
      client.shutdown()
      #expect(await task.value == .cancelled)
      let after = await failureKind { () async throws(HTTPError) in
        _ = try await client.send(HTTPRequest("GET", base))
      }
      #expect(after == .other)
    }
  }
}
