import SluiceCore
import SluiceSimulator
import Testing

@Suite("Where hosts differ")
struct FleetDiffTests {
  private let fleet = ExampleFleet.fleet()
  private var surveys: [HostName: HostSurvey] = [:]
  private let stable = ExampleFleet.stables[0]

  init() async throws {
    for (name, host) in ExampleFleet.world().hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
  }

  private func diff(_ edit: (inout HostSurvey) -> Void = { _ in }) throws -> [String] {
    var surveys = surveys
    var survey = try #require(surveys[stable])
    edit(&survey)
    surveys[stable] = survey
    return FleetDiff(fleet, surveys).differences.map {
      "\($0.host) \($0.subject.rawValue) \($0.path): \($0.has), not \($0.wants)"
    }
  }

  @Test("hosts that run one release do not differ")
  func equal() throws {
    #expect(try diff() == [])
    #expect(FleetDiff(fleet, surveys).lock == ExampleFleet.release("1.4.1").lock)
    #expect(FleetDiff(fleet, [:]).lock == nil && FleetDiff(fleet, [:]).differences.isEmpty)
  }

  @Test("each difference is named with its host, its path and both values")
  func named() throws {
    let paths = try #require(fleet.host(stable)).paths
    let lock = try #require(surveys[stable]?.infra.lock)
    let tree = lock.skills.tree.short
    #expect(
      try diff { $0.links.current = "1.4.0" } == [
        "\(stable) link \(paths.skills)/current: 1.4.0, not 1.4.1"
      ])
    #expect(
      try diff { $0.slices = [] } == [
        "\(stable) slice \(paths.skills)/1.4.1: nothing, not \(tree)"
      ])
    #expect(
      try diff { $0.slices[0].tree = .zero } == [
        "\(stable) slice \(paths.skills)/1.4.1: \(Digest.zero.short), not \(tree)"
      ])
    #expect(
      try diff { $0.infra.dirty = ["skills/a/SKILL.md"] } == [
        "\(stable) checkout \(paths.infra)/skills/a/SKILL.md: another content, not its commit's"
      ])
    #expect(
      try diff { $0.tenants["zeta"] = .zero } == [
        "\(stable) fragments \(paths.tenants)/zeta: \(Digest.zero.short), not nothing"
      ])
    #expect(try diff { $0.gateway = nil }.count == 1)
    #expect(
      try diff { $0.gateway?.marker = nil }.first?.contains("no release that it reports") == true)
    let other = try diff { $0.gateway?.version = "2026.1.1" }
    #expect(other.count == 1 && other[0].contains("OpenClaw 2026.1.1, not OpenClaw "))
  }

  @Test("a host with another lock differs from the others, whichever comes first")
  func majority() throws {
    let newer = ExampleFleet.release("1.4.2")
    let found = try diff {
      $0.infra.lock = newer.lock
      $0.infra.lockDigest = newer.lockDigest
    }
    #expect(found.count == 1)
    #expect(found[0].contains("openclaw.lock: \(newer.lockDigest.short) (1.4.2), not "))
  }

  @Test("a clock is told when it is outside of what the question's own time explains")
  func clocks() {
    let cases: [(host: Int64, GatewayAnswer.Level, String)] = [
      (1_000, .expected, "the writer's"), (1_050, .expected, "the writer's"),
      (1_100, .expected, "the writer's"), (2_600, .expected, "1.5 s ahead of the writer's"),
      (3_101, .odd, "2 s ahead of the writer's"), (-1_500, .odd, "2.5 s behind the writer's"),
      (31_100, .odd, "30 s ahead of the writer's"), (31_101, .fault, "30 s ahead of the writer's"),
      (.min, .fault, ""), (.max, .fault, ""),
    ]
    for (host, level, came) in cases {
      let answer = ClockCheck.answer(host: host, asked: 1_000, answered: 1_100)
      #expect(answer.level == level && (came.isEmpty || answer.came == came), "\(host) \(answer)")
      #expect(answer.means.isEmpty == (level == .expected))
    }
  }

  @Test("a follower leads or trails too far: named, with the command that mends it")
  func followers() async throws {
    var plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    plan.fleet.hosts.append(ExampleFleet.worker)
    let worker = ExampleFleet.worker.name
    func blockers(_ release: Release?) -> [String] {
      var all = surveys
      var survey = surveys[stable]
      survey?.infra.lock = release?.lock
      survey?.infra.lockDigest = release?.lockDigest
      all[worker] = survey
      return PlanCheck.blockers(
        of: plan, surveys: all, silent: [:], balancer: nil, balancerFault: nil
      ).filter { $0.hasPrefix("\(worker)") }
    }
    #expect(blockers(plan.from) == [])
    #expect(blockers(plan.to).first?.contains("it must not lead") == true)
    let old = blockers(ExampleFleet.release("1.3.0"))
    #expect(old.first?.contains("is on skills 1.3.0, the gateways are on v1.4.1") == true, "\(old)")
    #expect(old.first?.hasSuffix("checkout v1.4.1") == true)
    #expect(blockers(nil).first?.contains("without a lock") == true)
  }
}
