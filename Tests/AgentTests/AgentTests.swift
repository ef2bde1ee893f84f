import SluiceCore
import SluiceHTTP
import SluiceJSON
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("The agent", .serialized)
struct AgentTests {
  private func get(_ host: TestHost, _ path: String, method: String = "GET") async throws
    -> HTTPResponse
  {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try await client.send(HTTPRequest(method, "http://\(host.spec.probe)\(path)"))
  }

  @Test("/readyz is the merged probe, 200 while it may take traffic and 503 while it may not")
  func readyz() async throws {
    let host = try await TestHost(interval: 200)
    try await host.withAgent { client in
      _ = try await host.probe()
      let good = try await get(host, "/readyz")
      #expect(good.status == 200)
      #expect(good.headers["Content-Type"] == "application/json")
      #expect(good.headers["Cache-Control"] == "no-store")
      let probe = try CanonicalJSON.decode(MergedProbe.self, from: good.body)
      #expect(probe.status == .ok && probe.schema == MergedProbe.schemaName)
      #expect(probe.fingerprint == (try await client.probe()).fingerprint)

      await host.gateway.change { $0.queueDepth = 9 }
      _ = try await host.probe { $0.queues.depth == 9 }
      let bad = try await get(host, "/readyz")
      #expect(bad.status == 503)
      #expect(try CanonicalJSON.decode(MergedProbe.self, from: bad.body).status == .fail)
    }
  }

  @Test("a gateway that dies is seen at once, whatever the probe's interval")
  func death() async throws {
    let host = try await TestHost(interval: 3_600_000)
    try await host.withAgent { client in
      _ = try await host.probe()
      await host.gateway.die()
      let probe = try await host.probe { $0.status == .fail }
      #expect(probe.reasons.contains { $0.check == "gateway" })
      _ = await host.gateway.start()
      _ = try await host.probe { $0.status == .ok }
    }
  }

  @Test("it is alive, has metrics, and nothing else")
  func other() async throws {
    let host = try await TestHost()
    try await host.withAgent { _ in
      #expect(try await get(host, "/livez").text == "ok\n")
      #expect(try await get(host, "/").status == 404)
      #expect(try await get(host, "/readyz/").status == 404)
      #expect(try await get(host, "/readyz", method: "POST").status == 405)
      let metrics = try await get(host, "/metrics")
      #expect(metrics.headers["Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      let page = try PrometheusText(metrics.text)
      #expect(page.types["sluice_probe_status"] == "gauge")
      #expect(page.samples.contains { $0.name == "sluice_probe_age_milliseconds" })
    }
  }

  @Test("only its own user may reach its socket")
  func mode() async throws {
    let host = try await TestHost()
    try await host.withAgent { _ in
      let status = try #require(try Files.status(of: host.home("a.sock")))
      #expect(status.mode == 0o600)
      #expect(try Files.status(of: host.home("state"))?.mode == 0o700)
      #expect(try Files.status(of: host.home("state/agent.lock"))?.mode == 0o600)
    }
    #expect(try Files.status(of: host.home("a.sock")) == nil)
  }

  @Test("a second agent of a host is refused and names the first")
  func second() async throws {
    let host = try await TestHost()
    try await host.withAgent { _ in
      let error = await portError { try await host.withAgent { _ in } }
      #expect(error.kind == .refused)
      #expect(error.message.contains("process \(HostFacts.processIdentifier)"))
    }
    // Once the first has ended there is room again.
    try await host.withAgent { client in _ = try await client.probe() }
  }

  @Test("a port that is taken is named")
  func port() async throws {
    let host = try await TestHost()
    let address = try #require(SocketAddress(host.spec.probe))
    let squatter = try HTTPServer.start(address) { _, responder in responder.respond(.text("x")) }
    defer { squatter.stop() }
    let error = await portError { try await host.withAgent { _ in } }
    #expect(error.message.contains(host.spec.probe))
    #expect(error.remedy?.contains("another agent") == true)
    #expect(try Files.status(of: host.home("a.sock")) == nil)
  }

  @Test("a socket's place that something else has is named, and nobody is served")
  func socketTaken() async throws {
    let host = try await TestHost()
    try Files.makeDirectory(host.home("a.sock"))
    let error = await portError { try await host.withAgent { _ in } }
    #expect(error.kind == .failed)
    #expect(error.message.hasPrefix("the agent of mac-a cannot listen at its socket: "))
    #expect(error.message.contains(host.home("a.sock")))
    #expect(error.remedy?.contains("104 bytes") == true)
  }

  @Test("Doctor's answer about a gateway that was moved meanwhile counts for nothing")
  func staleDoctor() async throws {
    let host = try await TestHost()
    let finding = DoctorFinding(
      check: "core/doctor/gateway", severity: .error, requirement: nil, path: nil, target: nil,
      message: "not reachable")
    await host.gateway.change { $0.findings = [finding] }
    await host.gateway.holdDoctor()
    try await host.withAgent { client in
      // Doctor has looked, but not answered yet; then the gateway is moved.
      #expect(await eventually { await host.gateway.isDoctorWaiting })
      await host.gateway.change { $0.findings = [] }
      _ = try await client.order(.place(host.new), "p/1")
      _ = try await client.swung(host.swing(to: host.new), "p/2")
      await host.gateway.letDoctorAnswer()
      let probe = try await host.probe()
      #expect(probe.doctor["*"]?.status == .green)
      #expect(await host.gateway.doctorRuns == 2)
    }
  }

  @Test(
    "a model that begins to fail degrades the probe by its retries, and a drain is seen at once")
  func news() async throws {
    let host = try await TestHost(interval: 600_000)
    try await host.withAgent { client in
      _ = try await host.probe { $0.status == .ok }
      #expect(await eventually { await host.gateway.isAttended })
      for _ in 0..<3 {
        await host.gateway.tell(.runStarted)
        await host.gateway.tell(.runRetried)
      }
      let probe = try await host.probe { $0.status == .degraded }
      #expect(probe.reasons.map(\.check) == ["model"])
      _ = try await host.gateway.drain(token: "somebody", deadline: .zero)
      await host.gateway.tell(.suspension(phase: "draining"))
      _ = try await host.probe { $0.status == .fail }
    }
  }

  @Test("a check asks everything, names what is wrong, and changes nothing")
  func check() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      _ = try await host.probe { $0.status == .ok }
      let before = try await client.survey()
      let answer = GatewayAnswer(
        capability: "balancer", asked: "GET /readyz", level: .fault, came: "403", means: "add it",
        milliseconds: 1)
      await host.gateway.change { $0.answers = [answer] }
      let check = try await client.ask(.check)
      #expect(check.answers.first == answer && check.worst == .fault)
      #expect(
        check.answers.dropFirst().map(\.capability)
          == [
            "links", "slices", "seals", "checkout", "fragments", "secrets", "service", "services",
            "user", "disk",
          ])
      #expect(check.answers.dropFirst().allSatisfy { $0.level != .fault }, "\(check.answers)")
      #expect(check.profile?.dialect == .september)
      let after = try await client.survey()
      #expect(after.links == before.links && after.gateway == before.gateway)
      #expect(after.profile == check.profile)
    }
  }

  @Test("findings are shown, and those that a person names are accepted besides the old ones")
  func findings() async throws {
    let host = try await TestHost()
    @Sendable func finding(_ check: String) -> DoctorFinding {
      DoctorFinding(
        check: check, severity: .warning, requirement: nil, path: nil, target: nil, message: "m")
    }
    await host.gateway.change { $0.findings = [finding("a"), finding("b")] }
    try await host.withAgent { client in
      _ = try await host.probe { $0.doctor["*"]?.findings == 2 }
      let runs = await host.gateway.doctorRuns
      let first = try await client.ask(.findings)
      #expect(await host.gateway.doctorRuns == runs, "Doctor's last report is the answer")
      #expect(first.new.map(\.check) == ["a", "b"])
      _ = try await client.order(.accept([finding("a")]), "p/1")
      let second = try await client.ask(.findings)
      #expect(second.new.map(\.check) == ["b"] && second.accepted.map(\.check) == ["a"])
      _ = try await client.order(.accept([finding("b")]), "p/2")
      _ = try await host.probe { $0.doctor["*"]?.accepted == 2 && $0.status == .ok }
    }
  }

  @Test("placing refuses a tag that moved, and fragments that differ, and links nothing")
  func placing() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      var other = host.new
      other.lockDigest = .zero
      let moved = await portError { _ = try await client.order(.place(other), "p/1") }
      #expect(moved.kind == .refused && moved.message.contains("openclaw.lock"))

      try TestHost.write("tools: [shell]\n", to: host.home("tenants/acme/skills.d/10-more.yaml"))
      let fragment = await portError { _ = try await client.order(.place(host.new), "p/2") }
      #expect(fragment.kind == .refused && fragment.message.contains("acme"))
      #expect(try await client.survey().links.next == "1.4.1")

      try Files.removeFile(host.home("tenants/acme/skills.d/10-more.yaml"))
      await host.gateway.change { $0.configurationFaults = ["gateway.port: not a number"] }
      let invalid = await portError { _ = try await client.order(.place(host.new), "p/3") }
      #expect(invalid.message.contains("gateway.port"))
      #expect(try Files.status(of: host.home("state/staging")) == nil)
    }
  }
}

@Suite("A probe's page")
struct ProbePageTests {
  private let policy = ProbePolicy(
    intervalMilliseconds: 1_000, doctorMilliseconds: 1_000, maximumAgeMilliseconds: 3_000,
    queueLimit: 8)

  private func probe(_ status: MergedProbe.Status) -> MergedProbe {
    MergedProbe(
      status: status, reasons: [.init(check: "doctor", level: status, message: "a \"quote\"\n")],
      release: .init(tag: nil, lockDigest: .zero),
      skills: .init(resolved: nil, version: nil, locked: nil, treeIsSound: false),
      openclaw: .init(version: nil, locked: nil, pid: nil, bootID: nil, startedAt: nil),
      doctor: ["*": .init(status: .green, findings: 0, accepted: 0)],
      queues: .init(depth: nil, limit: 8), digest: .init(status: .absent, rows: 0),
      probeDigest: .zero, fingerprint: .zero, observedAt: Timestamp.text(0), ageMilliseconds: 0)
  }

  @Test(
    "the bytes made beforehand are those of the probe at its age",
    arguments: [Int64(0), 1, 999, 3_000, 3_001, 100_000])
  func bytes(age: Int64) throws {
    for status in [MergedProbe.Status.ok, .degraded, .fail] {
      let page = ProbePage(
        probe(status),
        at: Moment(wallMilliseconds: 5, monotonicMilliseconds: 10, boot: "b"), policy: policy)
      // The wall clock may step; only the monotonic one counts.
      let now = Moment(wallMilliseconds: -7, monotonicMilliseconds: 10 + age, boot: "b")
      let (code, body) = page.answer(at: now)
      let aged = probe(status).aged(age, policy: policy)
      #expect(body == (try CanonicalJSON.bytes(aged)) + [10])
      #expect(code == (aged.status == .fail ? 503 : 200))
      #expect(code == (age > 3_000 || status == .fail ? 503 : 200))
    }
  }

  @Test("metrics escape what labels may not hold, and each family has its type once")
  func metrics() throws {
    var probe = probe(.degraded)
    probe.release.tag = "v1 \"quoted\" \\ and\na line"
    let counters = AgentCounters()
    counters.count("swing", "done")
    counters.countDoctor(answered: true)
    counters.countDoctor(answered: false)
    let page = try PrometheusText(
      Metrics(host: HostName("mac-a"), probe: probe, counters: counters.values).text)
    let info = try #require(page.samples.first { $0.name == "sluice_release_info" })
    #expect(info.labels["tag"] == probe.release.tag)
    #expect(info.labels["host"] == "mac-a")
    let status = page.samples.filter { $0.name == "sluice_probe_status" }
    #expect(status.filter { $0.value == 1 }.map { $0.labels["status"] } == ["degraded"])
    #expect(page.types["sluice_node_operations_total"] == "counter")
    #expect(page.samples.allSatisfy { page.types[$0.name] != nil })
  }
}

/// Reads Prometheus' text format, strictly.
struct PrometheusText {
  struct Sample {
    let name: String
    let labels: [String: String]
    let value: Int64
  }

  struct Malformed: Error { let line: String }

  private(set) var types: [String: String] = [:]
  private(set) var samples: [Sample] = []

  init(_ text: String) throws {
    guard text.hasSuffix("\n") else { throw Malformed(line: "no final line feed") }
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# TYPE ") {
        guard words.count == 4, types[words[2]] == nil else { throw Malformed(line: "\(line)") }
        types[words[2]] = words[3]
      } else if !line.hasPrefix("# HELP ") {
        samples.append(try Self.sample(line))
      }
    }
  }

  private static func sample(_ line: Substring) throws -> Sample {
    var rest = line[...]
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        guard let equals = rest.firstIndex(of: "=") else { throw Malformed(line: "\(line)") }
        let label = String(rest[..<equals])
        rest = rest[rest.index(after: equals)...]
        guard rest.first == "\"", labels[label] == nil else { throw Malformed(line: "\(line)") }
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.first, character != "\"" {
          rest = rest.dropFirst()
          if character == "\\" {
            switch rest.first {
            case "n": value += "\n"
            case "\\", "\"": value += String(rest.prefix(1))
            default: throw Malformed(line: "\(line)")
            }
            rest = rest.dropFirst()
          } else {
            value.append(character)
          }
        }
        labels[label] = value
        rest = rest.dropFirst()
      } while rest.first == ","
      guard rest.first == "}" else { throw Malformed(line: "\(line)") }
      rest = rest.dropFirst()
    }
    guard !name.isEmpty, rest.first == " ", let value = Int64(rest.dropFirst()) else {
      throw Malformed(line: "\(line)")
    }
    return Sample(name: String(name), labels: labels, value: value)
  }
}
