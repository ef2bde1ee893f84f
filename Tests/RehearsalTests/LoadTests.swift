import SluiceCore
import SluiceController
import SluiceHAProxy
import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceRehearsal

@Suite("The rehearsal's load")
struct LoadTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func options(_ target: String, _ token: String = "t") -> LoadOptions {
    var options = LoadOptions(target: target, token: token)
    options.sessionsPerSecond = 40
    options.thinkMilliseconds = 50
    options.turns = 3
    options.answerMilliseconds = 120_000
    return options
  }

  @Test("sessions, conversations and WebSockets of a good gateway are all answered, none is lost")
  func goodGateway() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let gateways = try startedGateways(fleet)
    try await fleet.awaitReady(probes: false)
    let load = Load(options(fleet.layout.hosts[1].gateway, fleet.token))
    await play(load) { $0.sessions > 60 && $0.webSocketSessions > 2 && $0.turns > $0.sessions }
    await stop(gateways)
    let seen = load.snapshot
    #expect(seen.lost == 0 && seen.moved == 0 && seen.releaseErrors == 0, "\(seen.losses)")
    #expect(seen.versions.keys.sorted() == ["1.4.1"])
    #expect(seen.versions["1.4.1"]?.turns == seen.answered)
    #expect(seen.versions["1.4.1"]?.lastSessionMilliseconds != nil)
  }

  @Test(
    "behind HAProxy the share arrives, conversations keep their gateway",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"))
  func behindHAProxy() async throws {
    let rehearsal = try await builtFleet(in: directory("r"))
    var fleet = rehearsal.fleet
    // No agents here: the gateway's own probe stands in for Sluice's.
    for index in fleet.hosts.indices { fleet.hosts[index].probe = fleet.hosts[index].gateway }
    let gateways = try startedGateways(rehearsal)
    try await rehearsal.awaitReady(probes: false)
    let balancer = try ManagedHAProxy(
      try #require(fleet.balancer.managed), fleet: fleet, time: SystemTime())
    try await balancer.ensureRunning()
    _ = try await balancer.apply(
      Weights(share: try #require(Share(basisPoints: 2_000)), pinEpoch: 1, generation: 1),
      epoch: Epoch(1))
    #expect(rehearsal.processes.running().map(\.name) == ["balancer"])
    var options = options(rehearsal.layout.balancer, rehearsal.token)
    options.keyedPercent = 20
    options.cookiePercent = 20
    let load = Load(options)
    await play(load) { $0.newSessions > 150 && $0.turns > 200 }
    let seen = load.snapshot
    #expect(await rehearsal.stop().isEmpty)
    await stop(gateways)
    #expect(seen.lost == 0 && seen.moved == 0, "\(seen.losses)")
    // Six standard deviations wide: no luck is needed.
    #expect((1...39).contains(seen.canaryShare.percent))
  }

  /// A server that answers what the script says, over and over.
  private func scripted(
    _ answers: [HTTPResponse], until condition: @escaping @Sendable (LoadSnapshot) -> Bool,
    conversations: Bool = false
  ) async throws -> LoadSnapshot {
    let next = Mutex(0)
    let server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      let index = next.withLock { number in
        defer { number += 1 }
        return number
      }
      responder.respond(answers[index % answers.count])
    }
    defer { server.stop() }
    var options = options("127.0.0.1:\(server.port)")
    options.webSockets = 0
    options.keyedPercent = conversations ? 100 : 0
    options.cookiePercent = 0
    let load = Load(options)
    await play(load, until: condition)
    return load.snapshot
  }

  private func turn(_ number: Int, arm: String = "canary") -> HTTPResponse {
    var response = HTTPResponse.json(
      #"{"choices":[{"message":{"content":"turn \#(number) of this conversation, release 1.4.2"}}]}"#
    )
    response.headers.add("X-Sluice-Arm", arm)
    return response
  }

  @Test("a client that is told to wait waits, and is not lost")
  func waits() async throws {
    var wait = HTTPResponse.json("{}", status: 503)
    wait.headers.add("Retry-After", "0")
    let seen = try await scripted([wait, turn(1)]) { $0.answered > 5 }
    #expect(seen.waits > 0 && seen.lost == 0)
    #expect(seen.arms[.canary]?.sessions == seen.answered)
  }

  @Test("a failure that the release does not explain is a lost session, told by its reason")
  func losses() async throws {
    let seen = try await scripted([
      .text("<h1>Bad Gateway</h1>", status: 502), .text("", status: 503),
      .text("moved", status: 200),
    ]) { $0.lost > 5 }
    #expect(seen.answered == 0 && seen.releaseErrors == 0)
    #expect(
      Set(seen.losses.keys)
        == ["status 502", "503 without Retry-After", "200 without an answer to the turn"])
  }

  @Test("nobody listening is a lost session too")
  func refused() async throws {
    let port = try RehearsalPorts.find(1).numbers[0]
    var options = options("127.0.0.1:\(port)")
    options.webSockets = 1
    let load = Load(options)
    await play(load) { $0.lost > 3 }
    #expect(load.snapshot.answered == 0)
  }

  @Test("an error that the release answers itself is counted to it, not as lost")
  func releaseErrors() async throws {
    var fault = HTTPResponse.json(
      #"{"error":{"message":"upstream provider error","type":"api_error"}}"#, status: 502)
    fault.headers.add("X-Sluice-Arm", "canary")
    let seen = try await scripted([fault, turn(1, arm: "stable")]) { $0.answered > 5 }
    #expect(seen.lost == 0)
    #expect(seen.arms[.canary]?.errors == seen.releaseErrors)
    #expect(seen.arms[.canary]?.sessions == seen.releaseErrors)
    #expect(seen.arms[.stable]?.sessions == seen.answered)
  }

  @Test("a conversation that finds its context gone has been moved")
  func moved() async throws {
    let seen = try await scripted([turn(1)], until: { $0.moved > 3 }, conversations: true)
    #expect(seen.lost == 0)
    // The first turn of a conversation is at home everywhere.
    #expect(seen.moved == seen.answered - (seen.versions["1.4.2"]?.sessions ?? 0))
  }

  @Test("two snapshots tell what happened between them")
  func difference() {
    var before = LoadSnapshot()
    before.sessions = 10
    before.arms = [.canary: .init(sessions: 1, errors: 1), .stable: .init(sessions: 9, errors: 0)]
    before.losses = ["status 500": 2]
    var after = before
    after.sessions = 110
    after.arms = [.canary: .init(sessions: 6, errors: 2), .stable: .init(sessions: 104, errors: 0)]
    let between = after.since(before)
    #expect(between.sessions == 100 && between.losses.isEmpty)
    #expect(between.canaryShare == MeasuredShare(count: 5, total: 100))
    #expect(between.arms[.canary]?.errors == 1)
  }

  @Test("Wilson's interval holds the share, and all of it when nothing was counted")
  func interval() {
    // Against the values of R's prop.test(5, 100, correct = FALSE).
    let interval = MeasuredShare(count: 5, total: 100).interval
    #expect(abs(interval.lowerBound - 2.154_336) < 1e-4)
    #expect(abs(interval.upperBound - 11.175_046) < 1e-4)
    #expect(MeasuredShare(count: 0, total: 0).interval == 0...100)
  }
}
