import SluiceCore
import SluicePorts
import SluiceSimulator
import Testing

@Suite("Fragments that differ stop a promotion before next is linked")
struct FragmentBlockerTests {
  private let plan: Plan
  private let surveys: [HostName: HostSurvey]
  private let balancer: BalancerState
  private static let host = Examples.stables[1]
  private static let path = "skills.d/10-canary.yaml"

  init() async throws {
    let world = Examples.world()
    var plan = try await Examples.plan(world, to: "1.4.2")
    let files = [Self.path: Digest(of: [1])]
    plan.to.lock.tenants[ExampleFleet.tenant] = FragmentSurvey.digest(of: files)
    self.plan = plan
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      var survey = try await host.ask(.survey(of: plan.to), deadline: .seconds(1))
      survey.fragments = FragmentSurvey(files: [ExampleFleet.tenant: files])
      survey.tenants = survey.fragments?.digests ?? [:]
      surveys[name] = survey
    }
    self.surveys = surveys
    balancer = await world.balancer.state
  }

  private func blockers(
    _ change: (inout FragmentSurvey) -> Void, on hosts: [HostName] = [host]
  ) -> [String] {
    var surveys = surveys
    for host in hosts {
      var fragments = surveys[host]?.fragments ?? FragmentSurvey()
      change(&fragments)
      surveys[host]?.fragments = fragments
      surveys[host]?.tenants = fragments.digests
    }
    return PlanCheck.blockers(
      of: plan, surveys: surveys, silent: [:], balancer: balancer, balancerFault: nil)
  }

  @Test("equal fragments stop nothing")
  func equal() { #expect(blockers { _ in } == []) }

  @Test("a missing file is named with its host, by a gateway that has the file")
  func missing() throws {
    let found = blockers { $0.files[ExampleFleet.tenant]?[Self.path] = nil }
    let text = try #require(found.first)
    #expect(found.count == 1 && text.hasPrefix("\(Self.host): "), "\(found)")
    #expect(text.contains("\(ExampleFleet.tenant)/\(Self.path) is missing"), "\(text)")
    #expect(text.hasSuffix("sluice tenants diff"), "the sentence is cut: \(text)")
  }

  @Test("other content and a file too many are named with both digests")
  func other() throws {
    let found = blockers {
      $0.files[ExampleFleet.tenant] = [Self.path: Digest(of: [2]), "skills.d/20-x.yaml": .zero]
    }
    let text = try #require(found.first)
    #expect(text.contains(Digest(of: [1]).short) && text.contains(Digest(of: [2]).short))
    #expect(text.contains("skills.d/20-x.yaml"))
  }

  @Test("where no gateway has the pinned fragments, both digests are told")
  func nobody() {
    let found = blockers(
      { $0.files[ExampleFleet.tenant] = [:] }, on: Array(surveys.keys))
    #expect(found.count == surveys.count, "\(found)")
    let pinned = plan.to.lock.tenants[ExampleFleet.tenant]?.short ?? "none"
    #expect(found.allSatisfy { $0.contains("pinned is \(pinned)") }, "\(found)")
  }

  @Test("a fault of a fragment stops it, too, though the digests are equal")
  func fault() throws {
    let found = blockers {
      $0.faults = [FragmentFault(file: "/t/acme/x", message: "this is no fragment", remedy: "Go.")]
    }
    #expect(found == ["\(Self.host): /t/acme/x:1:1: this is no fragment. Go."])
  }
}
