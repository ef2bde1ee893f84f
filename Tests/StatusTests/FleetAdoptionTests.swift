import SluiceCore
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("A fleet that was run by hand")
struct FleetAdoptionTests {
  private let fleet = ExampleFleet.fleet()
  private let release = ExampleFleet.release("1.4.1")
  private let canary = ExampleFleet.canary
  private let reading: FleetAdoption.Reading

  init() async throws {
    let world = ExampleFleet.world()
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    reading = FleetAdoption.Reading(
      surveys: surveys, silent: [:], release: .success(release),
      balancer: .success(await world.balancer.state))
  }

  private func adoption(
    _ edit: (inout FleetAdoption.Reading) -> Void = { _ in }
  ) -> FleetAdoption {
    var reading = reading
    edit(&reading)
    return FleetAdoption(fleet, reading)
  }

  private func record(_ archive: Digest) throws -> AdoptionRecord {
    let line = AdoptionLine(
      .adopted([canary], archive: archive), of: release, epoch: Epoch(1),
      at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"), actor: "ana",
      reason: "taken over"
    ).draft
    let written = try LedgerChain().extend(with: [line])
    return try #require(written.first.flatMap { AdoptionRecord($0.entry) })
  }

  @Test("gateways that prove one release are a good state, which is to be archived once")
  func good() throws {
    let good = adoption()
    #expect(good.obstacles.isEmpty && !good.isArchived)
    let snapshot = try #require(good.snapshot)
    #expect(Set(snapshot.hosts.keys) == Set(fleet.gateways.map(\.name)))
    #expect(good.next.actions == [.archive])
    #expect(good.json["good"] == .bool(true) && good.json["archived"] == .bool(false))
    #expect(good.json["hosts"]?["mac-a"]?["proof"]?.text == "process")

    let record = try record(.zero)
    let again = adoption {
      $0.archived = snapshot
      $0.record = record
    }
    #expect(again.isArchived && again.next.actions == [.plan(nil)])
    #expect(again.json["archived"] == .bool(true))
    let changed = adoption {
      $0.archived = snapshot
      $0.archived?.hosts[canary]?.fingerprint = .zero
      $0.record = record
    }
    #expect(!changed.isArchived && changed.snapshot != nil)
  }

  @Test("whatever is not proven is an obstacle, in words, and nothing can be archived")
  func obstacles() {
    let fault = FleetAdoption.Fault("no tag names the commit")
    for (found, words) in [
      (
        adoption {
          $0.surveys[canary] = nil
          $0.silent[canary] = "it sleeps"
        }, "mac-a does not answer: it sleeps"
      ),
      (adoption { $0.release = .failure(fault) }, "no tag names the commit"),
      (
        adoption { $0.balancer = .failure(.init("it is down")) },
        "the balancer does not answer: it is down. Start it:  sluice balancer start"
      ),
      (
        adoption { $0.surveys[canary]?.gateway?.marker = nil },
        "mac-a does not prove the release: 1 step is left"
      ),
      (
        adoption { $0.surveys[canary]?.tenants["zeta"] = .zero },
        "mac-a: what differs there stands above. Bring all hosts to one release"
      ),
      (
        adoption { $0.surveys[canary]?.probe.status = .fail },
        "mac-a: its probe is fail: no reason given"
      ),
      (
        adoption { $0.moved = PromotionID(rawValue: "p-1") },
        "Sluice has moved this fleet: its last promotion is p-1. See:  sluice status"
      ),
    ] {
      #expect(found.snapshot == nil && found.obstacles == [words], "\(found.obstacles)")
      #expect(found.next.actions == [.adopt] && found.json["good"] == .bool(false))
    }
  }

  @Test("the hosts where placing comes next are named, and no others")
  func placing() {
    let tree = release.lock.skills.tree
    let found = adoption {
      $0.surveys[canary]?.slices = [
        .init(version: "1.4.1", tree: .zero, fault: "no marker", unmarked: tree)
      ]
      $0.surveys[ExampleFleet.stables[0]]?.links.current = "1.4.0"
    }
    #expect(found.hostsToPlace == [canary])
    let steps = found.json["hosts"]?["mac-a"]?["steps"]?.elements
    #expect(steps?.first?["where"]?.text == "writer")
    #expect(found.next.text == "Take the steps above, then look again:  sluice adopt")
    #expect(adoption().hostsToPlace.isEmpty)
  }

  @Test("status says that Sluice only observes, with what clients got, until a promotion begins")
  func observing() async throws {
    let line = AdoptionLine(
      .adopted([canary], archive: .zero), of: release, epoch: Epoch(1),
      at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"), actor: "ana",
      reason: "taken over"
    ).draft
    let adopted = try LedgerChain().extend(with: [line]).map(\.entry)
    let traffic = ObservedTraffic([], fleet: fleet) { LimitJudge() }
    func status(_ entries: [LedgerEntry]) async throws -> FleetStatus {
      FleetStatus(
        try await LedgerReading.load(FixedLedger(entries: entries, writer: nil)), fleet: fleet,
        answers: nil, observed: .success(traffic),
        now: Moment(wallMilliseconds: 1_000, monotonicMilliseconds: 0, boot: "b"))
    }
    let observing = try await status(adopted)
    #expect(observing.adoption?.actor == "ana" && observing.next?.actions == [.plan(nil)])
    #expect(observing.json["adopted"]?["release"]?.text == "v1.4.1")
    #expect(observing.json["observed"]?["gateways"]?["mac-a"]?["verdict"]?.text == "insufficient")
    // Without an adoption nobody observes; the document stays as it was.
    let quiet = try await status([])
    #expect(quiet.adoption == nil && quiet.observed == nil && quiet.json["adopted"] == nil)
    let moved = try await status(try await Worlds.ledger())
    #expect(moved.adoption == nil && moved.observed == nil)
  }
}
