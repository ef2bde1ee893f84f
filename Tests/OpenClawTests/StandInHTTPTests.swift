import SluiceHTTP
import Testing

@testable import OpenClawStandIn

@Suite("The stand-in's HTTP")
struct StandInHTTPTests {
  private func expect(_ response: HTTPResponse, like name: String) throws {
    let recorded = try recording(name)
    #expect(response.status == Int(recorded["status"]?.whole ?? 0), "\(name)")
    for header in ["Content-Type", "Cache-Control"] {
      #expect(response.headers[header] == recorded["headers"]?[header]?.text, "\(name)")
    }
    let body = try #require(recorded["body"])
    if body.text == nil { #expect(shapeDifferences(body, response.json) == [], "\(name)") }
  }

  @Test("answers probes with the recorded statuses, headers and keys")
  func probes() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let health = try await host.get("/healthz")
      try expect(health, like: "healthz-local")
      #expect(health.text == #"{"ok":true,"status":"live"}"#)
      try expect(try await host.get("/startupz"), like: "startupz-local")
      try expect(try await host.get("/readyz"), like: "readyz-local")
      let post = try await host.get("/readyz", method: "POST")
      try expect(post, like: "readyz-post")
      #expect(post.text == "Method Not Allowed")
      let page = try await host.get("/nope")
      try expect(page, like: "unknown-path")
      #expect(page.text.hasPrefix("<!doctype html>"))
      #expect(try await host.get("/v1/nope").status == 404)
    }
  }

  @Test("a release can refuse sessions, rotate the token, or switch sessions over HTTP off")
  func badReleases() async throws {
    let host = try StandInHost()
    func serve(_ quality: String, _ body: (Gateway) async throws -> Void) async throws {
      try host.release("1.4.2", quality: quality)
      try host.swing(to: "1.4.2")
      try await host.withGateway { try await body($0) }
    }
    for status in [401, 404, 429, 503] {
      try await serve(#"{"answer":{"status":\#(status),"rate":1}}"#) { gateway async throws in
        #expect(try await host.chat("a").status == status)
        #expect(
          await gateway.onLoop { gateway.audit.page(AuditLog.Query(limit: 10)).rows.isEmpty },
          "no run begins")
      }
    }
    try await serve(#"{"token":"of-this-release","latencyMs":{"p50":1}}"#) { _ async throws in
      #expect(try await host.chat("a").status == 401)
      #expect(try await host.chat("a", token: "of-this-release").status == 200)
    }
    try await serve(#"{"servesInterface":false}"#) { _ async throws in
      #expect(try await host.chat("a").status == 404)
      #expect(try await host.get("/readyz").status == 200)
    }
  }

  @Test("refuses connections, then starts, then is ready")
  func starting() async throws {
    let host = try StandInHost()
    let gateway = try Gateway(host.configuration { $0.standIn.startMs = 3_600_000 })
    await #expect(throws: HTTPError.self) { try await host.get("/healthz") }
    await gateway.onLoop { gateway.listen() }
    #expect(try await host.get("/healthz").status == 200)
    let steps = try #require(try recording("probes-starting").items)
    func recorded(_ path: String, _ status: Int64) throws -> JSON {
      let step = steps.first { $0["path"]?.text == path && $0["status"]?.whole == status }
      return try #require(step?["body"])
    }
    let startup = try await host.get("/startupz")
    #expect(startup.status == 503)
    #expect(shapeDifferences(try recorded("/startupz", 503), startup.json) == [])
    let readiness = try await host.get("/readyz")
    #expect(readiness.status == 503)
    #expect(readiness.json["failing"] == ["startup-sidecars"])
    #expect(try await host.chat("a").status == 503)
    await gateway.onLoop { gateway.becomeReady() }
    #expect(try await host.get("/readyz").status == 200)
    #expect(
      shapeDifferences(try recorded("/startupz", 200), try await host.get("/startupz").json) == [])
    gateway.stop()
    #expect(await gateway.waitUntilEnded() == 0)
  }

  @Test("403 for a forwarded header from a proxy that is not listed, but not on /healthz")
  func unlistedProxy() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Proto"] {
        let headers: HTTPHeaders = [
          name: "203.0.113.7", "Authorization": "Bearer \(StandInHost.token)",
        ]
        let refused = try await host.get("/readyz", headers: headers)
        try expect(refused, like: "readyz-remote")
        #expect(refused.json == (try recording("readyz-remote"))["body"])
        #expect(try await host.get("/startupz", headers: headers).status == 403)
        #expect(try await host.get("/v1/models", headers: headers).status == 403)
        #expect(try await host.get("/healthz", headers: headers).status == 200)
      }
      #expect(try await host.chat("a", forwardedFor: "203.0.113.7").status == 403)
      let error = await #expect(throws: WebSocketError.self) {
        try await WebSocketClient.connect(
          "ws://127.0.0.1:\(host.port)/", headers: ["X-Forwarded-For": "203.0.113.7"])
      }
      #expect(error?.status == 403)
    }
  }

  @Test("a listed proxy must name a client beyond loopback, or none at all")
  func listedProxy() async throws {
    let host = try StandInHost()
    try await host.withGateway({ $0.trustedProxies = ["127.0.0.0/8"] }) { _ async throws in
      func status(_ headers: HTTPHeaders) async throws -> Int {
        try await host.get("/readyz", headers: headers).status
      }
      #expect(try await status([:]) == 200)
      #expect(try await status(["X-Forwarded-For": "203.0.113.9"]) == 200)
      #expect(try await status(["X-Forwarded-For": "192.168.1.7"]) == 200)
      #expect(try await status(["X-Forwarded-For": "203.0.113.9, 127.0.0.1"]) == 200)
      #expect(try await status(["X-Forwarded-For": "127.0.0.1"]) == 403)
      for name in ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded"] {
        #expect(try await status([name: "203.0.113.9"]) == 403)
      }
      let remote: HTTPHeaders = ["X-Forwarded-For": "203.0.113.9"]
      #expect(try await host.get("/readyz", headers: remote).text == #"{"ready":true}"#)
      #expect(
        try await host.get("/startupz", headers: remote).text == #"{"ok":true,"status":"started"}"#)
      var known = remote
      known["Authorization"] = "Bearer \(StandInHost.token)"
      #expect(try await host.get("/readyz", headers: known).json["failing"] == [])
      #expect(try await host.chat("a", forwardedFor: "203.0.113.9").status == 200)
    }
  }

  @Test("remembers a conversation over a stop and a start, and knows nothing of another")
  func memory() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      #expect(try await host.says("a") == "turn 1 of this conversation, release 1.4.1")
      #expect(try await host.says("a") == "turn 2 of this conversation, release 1.4.1")
      #expect(try await host.says("b") == "turn 1 of this conversation, release 1.4.1")
      #expect(try await host.says(nil) == "turn 1 of this conversation, release 1.4.1")
    }
    try await host.withGateway { _ async throws in
      #expect(try await host.says("a") == "turn 3 of this conversation, release 1.4.1")
    }
    #expect(try host.starts().count == 2)
  }

  @Test("refuses a wrong token and passes on a failing model, with the recorded bodies")
  func failures() async throws {
    let host = try StandInHost()
    let recorded = try #require(try recording("sessions").items)
    func body(_ step: String) throws -> JSON {
      let entry = try #require(recorded.first { $0["step"]?.text == step })
      let text = try #require(entry["body"]?.text)
      return try #require(JSON.parse(Array(text.utf8)))
    }
    try host.release("1.4.1", quality: #"{"latencyMs":{"p50":5,"sigma":0},"errorRate":1}"#)
    try await host.withGateway { _ async throws in
      let refused = try await host.chat("a", token: "wrong")
      #expect(refused.status == 401)
      #expect(refused.json == (try body("wrong token")))
      let failed = try await host.chat("a")
      #expect(failed.status == 502)
      #expect(failed.json == (try body("model fails")))
    }
  }

  @Test("the first session after a start takes longer")
  func firstSession() async throws {
    let host = try StandInHost()
    try await host.withGateway({ $0.standIn.firstSessionExtraMs = 300 }) { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      _ = try await host.chat("a")
      _ = try await host.chat("b")
      let rows = try #require(
        try await client.call("audit.list")["payload"]?["events"]?.items?.reversed())
      let times = rows.compactMap { $0["occurredAt"]?.whole }
      // started, finished, started, finished
      #expect(times.count == 4)
      #expect(times[1] - times[0] >= 300)
      await client.close()
    }
  }

  @Test("a hundred sessions at once are all answered")
  func crowd() async throws {
    let host = try StandInHost()
    try host.endless("1.4.1")
    try await host.withGateway { gateway async throws in
      let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<100 { group.addTask { try await host.chat(nil).status } }
        try await gateway.untilSessionsRun(100)
        await gateway.endSessions()
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses == Array(repeating: 200, count: 100))
    }
  }

  @Test("serves the runbook's digest on a port of its own")
  func digest() async throws {
    let host = try StandInHost()
    let other = try StandInHost().port
    try await host.withGateway({ $0.standIn.webhookDigestPort = other }) { _ async throws in
      let response = try await host.client.send(
        HTTPRequest("GET", "http://127.0.0.1:\(other)/v1/webhook-digest"))
      #expect(response.text == #"{"schema":"webhook-digest/1","status":"clean","rows":[]}"#)
    }
  }
}
