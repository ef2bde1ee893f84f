import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("How a fleet stands")
struct FleetStatusTests {
  private static let start = Moment(
    wallMilliseconds: 1_000_000, monotonicMilliseconds: 0, boot: "b")

  private func reading(_ entries: [LedgerEntry], writer: String? = nil) async throws
    -> LedgerReading
  {
    try await LedgerReading.load(FixedLedger(entries: entries, writer: writer))
  }

  @Test("a fleet that was never moved: the hosts that were asked, and to read a plan")
  func quiet() async throws {
    let fleet = ExampleFleet.fleet()
    let answers = FleetAnswers(hosts: [
      ExampleFleet.canary: .failure(PortError(.unreachable, "nobody is there"))
    ])
    let status = FleetStatus(try await reading([]), fleet: fleet, answers: answers, now: Self.start)
    #expect(status.promotion == nil && status.hosts.map(\.host) == [ExampleFleet.canary])
    #expect(status.next?.actions == [.plan(nil)])
    #expect(
      status.json.canonicalText
        == #"{"balancer":[],"drill":null,"promotion":null,"schema":"sluice.status/1"}"#)
  }

  @Test("who is at work is told by the lock where nobody asked the controller")
  func holder() async throws {
    let entries = Array(try await Worlds.ledger().prefix(20))
    let now = try #require(entries.last?.moment)
    let fleet = ExampleFleet.fleet()
    let alone = FleetStatus(try await reading(entries), fleet: fleet, answers: nil, now: now)
    #expect(alone.promotion?.sight == ControllerSight.none && alone.next?.actions == [.resume])
    #expect(alone.json["controlled"] == .bool(false))
    let led = FleetStatus(
      try await reading(entries, writer: "process 7"), fleet: fleet, answers: nil, now: now)
    #expect(led.promotion?.sight == .atWork("process 7"))
    #expect(led.json["controlled"] == .bool(true) && led.hosts.isEmpty)
  }

  /// Programs read it: no member comes or goes, and none changes its form.
  @Test("the document of a promotion that has just begun, byte for byte")
  func document() async throws {
    let entries = Array(try await Worlds.ledger().prefix(1))
    let now = try #require(entries.first?.moment)
    let fault = PortError(.altered, "line 2 is wrong")
    let status = FleetStatus(
      try await reading(entries), fleet: ExampleFleet.fleet(), answers: nil,
      sight: .silent(SilentController(holder: "process 7", process: 7, isStopped: false)),
      fault: fault, now: now)
    let host = #"{"fault":null,"runs":"1.4.1","status":null}"#
    #expect(
      status.json.canonicalText
        == #"{"account":null,"actor":"ana","balancer":[],"cohorts":null,"controlled":true,"#
        + #""controller_silent":true,"cut":{"connections":0,"runs":0},"drill":null,"#
        + #""from":"v1.4.1","hosts":{"mac-a":"# + host
        + #","mac-b":"# + host
        + #","mac-c":"# + host
        + #"},"ledger_fault":"line 2 is wrong","notices":[],"paused":false,"phase":"preflight","#
        + #""pinned_sessions":null,"promotion":"p1","reason":null,"runs":null,"#
        + #""schema":"sluice.status/1","share":0,"stuck":null,"tenants":[],"ticket":"OPS-311","#
        + #""to":"v1.4.2","verdict":null}"#)
  }

  @Test("a ledger's line tells of a motion or of an assessment, and what share the canary had")
  func entries() async throws {
    let entries = try await Worlds.ledger(Worlds.bad)
    let fleet = ExampleFleet.fleet()
    let deeds = entries.filter(\.isDeed)
    #expect(deeds.allSatisfy { $0.kind != .evidence && !$0.kind.isIntent })
    #expect(deeds.count < entries.count && deeds.contains { $0.kind == .done(.swing) })
    #expect(entries.first?.canaryShare(in: fleet) == nil)
    #expect(entries.compactMap { $0.canaryShare(in: fleet) }.max() == 500)
    #expect(entries.last?.canaryShare(in: fleet) == 0)
    #expect(entries.last?.severity == .bad && entries.first?.severity == .plain)
  }
}
