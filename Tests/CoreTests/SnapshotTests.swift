import SluiceCore
import SluiceSimulator
import Testing

/// Only what the gateways themselves prove is archived as good.
@Suite("The snapshot of a good fleet")
struct SnapshotTests {
  private let fleet = ExampleFleet.fleet()
  private let release = ExampleFleet.release("1.4.1")
  private let surveys: [HostName: HostSurvey]

  init() async throws {
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in ExampleFleet.world().hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    self.surveys = surveys
  }

  private func snapshot(
    of release: Release? = nil, _ edit: (inout HostSurvey) -> Void = { _ in }
  ) throws -> Snapshot? {
    var surveys = surveys
    var survey = try #require(surveys[ExampleFleet.stables[0]])
    edit(&survey)
    surveys[ExampleFleet.stables[0]] = survey
    return PlanCheck.snapshot(
      release: release ?? self.release, fleet: fleet, surveys: surveys,
      weights: Weights(share: .zero, pinEpoch: 1, generation: 1))
  }

  @Test("every gateway is in it, as it reports itself")
  func whole() throws {
    let snapshot = try #require(try snapshot())
    #expect(Set(snapshot.hosts.keys) == Set(fleet.gateways.map(\.name)))
    #expect(snapshot.hosts.values.allSatisfy { $0.marker == release.marker })
    #expect(snapshot.release == release)
  }

  @Test("there is none where one gateway runs another release, tree or build, or proves nothing")
  func unproven() throws {
    #expect(try snapshot { $0.gateway?.marker = Marker(version: "1.4.0", tree: .zero) } == nil)
    #expect(try snapshot { $0.gateway?.marker?.tree = .zero } == nil)
    #expect(try snapshot { $0.gateway?.marker = nil } == nil)
    #expect(try snapshot { $0.gateway?.version = "2026.9.6" } == nil)
    #expect(try snapshot { $0.gateway = nil } == nil)
    #expect(try snapshot(of: ExampleFleet.release("1.4.2")) == nil)
  }

  @Test("there is none where one gateway is silent")
  func silent() {
    var fewer = surveys
    fewer[ExampleFleet.canary] = nil
    let snapshot = PlanCheck.snapshot(
      release: release, fleet: fleet, surveys: fewer,
      weights: Weights(share: .zero, pinEpoch: 1, generation: 1))
    #expect(snapshot == nil)
  }
}
