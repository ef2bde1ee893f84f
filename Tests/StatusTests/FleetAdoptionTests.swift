import SluiceCore
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("A fleet that was run by hand")
struct FleetAdoptionTests {
  private let fleet = ExampleFleet.fleet()
  private let release = ExampleFleet.release("1.4.1")
  private var surveys: [HostName: HostSurvey] = [:]
  private let balancer = BalancerState(
    weights: Weights(share: .zero, pinEpoch: 1, generation: 1), servers: [], processID: 1,
    upSeconds: 1)

  init() async throws {
    for (name, host) in ExampleFleet.world().hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
  }

  private func adoption(
    _ surveys: [HostName: HostSurvey]? = nil, silent: [HostName: String] = [:],
    fault: String? = nil, balancerFault: String? = nil
  ) -> FleetAdoption {
    FleetAdoption(
      fleet, surveys: surveys ?? self.surveys, silent: silent,
      release: fault == nil ? release : nil, fault: fault,
      balancer: balancerFault == nil ? balancer : nil, balancerFault: balancerFault)
  }

  @Test("hosts that prove one release are a good state, of every gateway")
  func good() throws {
    let adoption = adoption()
    #expect(adoption.obstacles.isEmpty)
    let snapshot = try #require(adoption.snapshot)
    #expect(Set(snapshot.hosts.keys) == Set(fleet.gateways.map(\.name)))
    #expect(adoption.json(archived: true)["archived"] == .bool(true))
    let line = try AdoptionLine(
      snapshot, epoch: Epoch(1),
      at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"), actor: "ana",
      reason: "taken over"
    ).draft()
    #expect(line.kind == .adopted && line.promotion.isEmpty && line.to == release.tag)
    #expect(line.detail["lock_sha256"] == .string(release.lockDigest.text))
  }

  @Test("whatever is not proven is an obstacle, in words, and nothing can be archived")
  func obstacles() {
    let name = ExampleFleet.canary
    var differing = surveys
    differing[name]?.links.current = "1.4.0"
    var failing = surveys
    failing[name]?.probe.status = .fail
    for (found, words) in [
      (adoption(silent: [name: "it sleeps"]), "mac-a does not answer: it sleeps"),
      (adoption(fault: "no tag names the commit"), "no tag names the commit"),
      (adoption(balancerFault: "it is down"), "the balancer does not answer: it is down"),
      (adoption(differing), "1 difference on mac-a: bring all hosts to one release"),
      (adoption(failing), "mac-a: its probe is fail: no reason given"),
    ] {
      #expect(found.snapshot == nil && found.obstacles == [words], "\(found.obstacles)")
    }
  }
}
