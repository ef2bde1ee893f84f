import SluiceCore
import SluiceJudge
import SluiceSimulator
import Testing

@Suite("A gateway of a fleet that was run by hand")
struct HostAdoptionTests {
  private let release = ExampleFleet.release("1.4.1")
  private let host = ExampleFleet.host(ExampleFleet.canary, .canary)
  private let survey: HostSurvey
  private var tree: Digest { release.lock.skills.tree }

  init() async throws {
    let world = ExampleFleet.world()
    survey = try await #require(world.hosts[ExampleFleet.canary])
      .ask(.survey(), deadline: .seconds(1))
  }

  private func adoption(_ edit: (inout HostSurvey) -> Void = { _ in }) -> HostAdoption {
    var survey = survey
    edit(&survey)
    return HostAdoption(host, survey, release: release)
  }

  private func byHand(_ survey: inout HostSurvey) {
    survey.slices = [
      .init(version: "1.4.1", tree: .zero, fault: "its marker is missing", unmarked: tree)
    ]
    survey.gateway?.marker = nil
  }

  @Test("a process that reports the release is the only proof")
  func proven() {
    let proven = adoption()
    #expect(proven.proof == .process && proven.steps.isEmpty && proven.checkout == "v1.4.1")
    #expect(proven.tree == tree)
    let silent = adoption { $0.gateway?.marker = nil }
    #expect(silent.proof == .content && silent.marker == nil)
    #expect(silent.steps.map(\.action) == [.restart])
    let gone = adoption { $0.gateway = nil }
    #expect(gone.proof == .content && gone.steps.map(\.action) == [.mend])
    let elsewhere = adoption {
      $0.gateway?.marker = nil
      $0.links.current = "1.4.0"
    }
    #expect(elsewhere.proof == .nothing)
  }

  @Test("a slice that was placed by hand is known by its content, and needs its marker first")
  func byHand() {
    let adoption = adoption(byHand)
    #expect(adoption.proof == .content && adoption.tree == tree)
    #expect(adoption.steps.map(\.action) == [.place])
    #expect(adoption.steps[0].why == "/skills/1.4.1 hashes to the lock, and lacks the marker")
    #expect(adoption.steps[0].place == .writer)
    #expect(adoption.steps[0].commands == ["sluice adopt --place --reason \"…\""])
  }

  @Test("a missing slice is placed; one with another tree is a person's to judge")
  func otherTree() {
    #expect(adoption { $0.slices = [] }.steps.map(\.action) == [.place])
    let other = Digest(of: Array("other".utf8))
    for slice in [
      HostSurvey.Slice(version: "1.4.1", tree: .zero, fault: "no marker", unmarked: other),
      HostSurvey.Slice(version: "1.4.1", tree: other, fault: nil),
    ] {
      let found = adoption { $0.slices = [slice] }
      #expect(found.steps.map(\.action) == [.moveAway] && found.tree == other)
      #expect(found.steps[0].why.contains("hashes to \(other.short), the lock says \(tree.short)"))
      #expect(found.steps[0].commands == ["sudo mv /skills/1.4.1 /skills/1.4.1.by-hand"])
    }
    let broken = adoption {
      $0.slices = [.init(version: "1.4.1", tree: .zero, fault: "alpha is a symbolic link")]
    }
    #expect(broken.steps[0].why.contains("alpha is a symbolic link") && broken.tree == nil)
  }

  @Test("links move after the slice is whole, and a directory is moved aside")
  func links() {
    let wrong = adoption { $0.links.current = "1.4.0" }
    #expect(wrong.steps.map(\.action) == [.link])
    #expect(wrong.steps[0].commands == ["sudo ln -sfn /skills/1.4.1 /skills/current"])
    let directory = adoption {
      $0.links = Links(current: nil, next: nil, currentFault: "/skills/current is no symbolic link")
    }
    #expect(
      directory.steps[0].commands == [
        "sudo mv /skills/current /skills/current.by-hand",
        "sudo ln -s /skills/1.4.1 /skills/current",
      ])
    let both = adoption {
      byHand(&$0)
      $0.links.current = nil
    }
    #expect(both.steps.map(\.action) == [.place] && both.proof == .nothing)
  }

  @Test("the checkout comes to the release's tag, and a dirty one is looked at first")
  func checkout() {
    let other = adoption { $0.infra.commit = String(repeating: "b", count: 40) }
    #expect(other.checkout == "bbbbbbbbbbbb")
    var survey = survey
    survey.infra.commit = String(repeating: "b", count: 40)
    let known = HostAdoption(
      host, survey, release: release, tags: [String(repeating: "b", count: 40): "v1.4.0"])
    #expect(known.checkout == "v1.4.0")
    #expect(
      other.steps[0].commands == [
        "git -C /infra fetch origin tag v1.4.1", "git -C /infra checkout v1.4.1",
      ])
    let dirty = adoption { $0.infra.dirty = ["skills/a/SKILL.md"] }
    #expect(dirty.steps[0].why == "/infra differs from its commit: skills/a/SKILL.md")
    let none = adoption { $0.infra.commit = nil }
    #expect(none.checkout == nil && none.steps[0].commands == ["git clone URL /infra"])
  }

  @Test("a restart is the service manager's, and another build is no matter of the marker")
  func restart() {
    var other = host
    let silent = { (host: HostSpec) in
      var survey = survey
      survey.gateway?.marker = nil
      return HostAdoption(host, survey, release: release).steps.map(\.commands)
    }
    #expect(silent(host) == [["launchctl kickstart -k gui/501/ai.openclaw.gateway"]])
    other.openclaw.service = .launchd(domain: "system", label: "com.open claw")
    #expect(silent(other) == [["sudo launchctl kickstart -k 'system/com.open claw'"]])
    other.openclaw.service = .systemd(unit: "openclaw")
    #expect(silent(other) == [["sudo systemctl restart openclaw"]])
    other.openclaw.service = .process(program: "/p", arguments: [], log: "/l", record: "/r")
    #expect(silent(other) == [[]])
    let build = adoption { $0.gateway?.version = "2026.1.1" }
    #expect(build.steps.map(\.action) == [.build])
    let locked = ExampleFleet.build.version
    #expect(build.steps[0].why.contains("OpenClaw 2026.1.1, the lock says \(locked)"))
  }

  @Test("files that differ are named with their paths, and each with both values")
  func files() throws {
    var survey = survey
    survey.slices = [
      .init(
        version: "1.4.1", tree: .zero, fault: "no marker", unmarked: Digest(of: [1]),
        changes: [
          SliceChange(path: "alpha/SKILL.md", kind: .changed),
          SliceChange(path: "beta/SKILL.md", kind: .missing),
          SliceChange(path: "notes.txt", kind: .added),
        ])
    ]
    let found = FleetDiff(ExampleFleet.fleet(), [survey.host: survey], release: release)
      .differences.map { "\($0.path): \($0.has), not \($0.wants)" }
    #expect(
      found == [
        "/skills/1.4.1: \(Digest(of: [1]).short) without a marker, not \(tree.short)",
        "/skills/1.4.1/alpha/SKILL.md: another content, not the lock's",
        "/skills/1.4.1/beta/SKILL.md: nothing, not the lock's",
        "/skills/1.4.1/notes.txt: a file, not nothing",
      ])
  }

  @Test("one state is the same at another hour, and no other state is")
  func sameState() async throws {
    let plan = try await ExampleFleet.plan(ExampleFleet.world(), to: "1.4.2")
    let snapshot = plan.snapshot
    var later = snapshot
    later.hosts[ExampleFleet.canary]?.probeDigest = Digest(of: [2])
    later.weights.generation += 1
    #expect(snapshot.isSameState(as: later) && later.isSameState(as: snapshot))
    let share = try #require(Share(basisPoints: 500))
    let edits: [(inout Snapshot) -> Void] = [
      { $0.hosts[ExampleFleet.canary]?.fingerprint = Digest(of: [3]) },
      { $0.hosts[ExampleFleet.canary]?.links.next = "1.0.0" },
      { $0.hosts[ExampleFleet.canary]?.openclaw = "2026.1.1" },
      { $0.hosts[ExampleFleet.canary]?.buildLink = "2026.1.1" },
      { $0.hosts[ExampleFleet.canary]?.marker = Marker(version: "1.0.0", tree: .zero) },
      { $0.hosts[ExampleFleet.canary] = nil },
      { $0.release.tag = "other" },
      { $0.weights = Weights(share: share, pinEpoch: 1, generation: 1) },
    ]
    for edit in edits {
      var other = snapshot
      edit(&other)
      #expect(!snapshot.isSameState(as: other) && !other.isSameState(as: snapshot))
    }
  }

  @Test("a link that Sluice cannot read makes no snapshot and no plan")
  func unreadableLink() async throws {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      surveys[name] = try await host.ask(.survey(), deadline: .seconds(1))
    }
    let fault = "/skills/current is no symbolic link"
    surveys[ExampleFleet.canary]?.links = Links(current: nil, next: nil, currentFault: fault)
    #expect(
      PlanCheck.snapshot(
        release: plan.from, fleet: plan.fleet, surveys: surveys, weights: plan.snapshot.weights)
        == nil)
    let survey = try #require(surveys[ExampleFleet.canary])
    let told = ["\(ExampleFleet.canary): \(fault). See what to do:  sluice adopt"]
    #expect(PlanCheck.standing(host, survey, release: nil, packBytes: nil) == told)
    let blockers = PlanCheck.blockers(
      of: plan, surveys: surveys, silent: [:], balancer: nil, balancerFault: nil)
    #expect(blockers.contains(told[0]), "\(blockers)")
  }
}

@Suite("What clients got while nothing moves")
struct ObservedTrafficTests {
  private let fleet = ExampleFleet.fleet()

  private func session(
    _ number: Int64, _ host: HostName?, status: Int = 200, why: SessionRecord.Why = .draw
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: number, assignedMilliseconds: 5_000 + number * 100, arm: .stable,
      why: why, generation: number % 3, host: host, status: status, ending: "----",
      activeMilliseconds: 40, isWebSocket: false, wasRetried: false)
  }

  @Test("every gateway is compared with the others; one without sessions has no verdict")
  func verdicts() {
    let (good, bad) = (ExampleFleet.stables[0], ExampleFleet.stables[1])
    var sessions: [SessionRecord] = []
    for number in 0..<200 as Range<Int64> {
      sessions.append(session(2 * number, good))
      sessions.append(session(2 * number + 1, bad, status: number % 2 == 0 ? 500 : 200))
    }
    sessions.append(session(900, nil, status: 503))
    sessions.append(session(901, bad, status: 500, why: .cookie))
    let observed = ObservedTraffic(sessions.reversed(), fleet: fleet) { LimitJudge() }
    #expect(observed.sinceMilliseconds == 5_000)
    #expect(observed.gateways.map(\.host) == fleet.gateways.map(\.name))
    let verdicts = Dictionary(
      uniqueKeysWithValues: observed.gateways.map { ($0.host, $0) })
    #expect(verdicts[ExampleFleet.canary]?.verdict == .insufficient)
    #expect(verdicts[ExampleFleet.canary]?.summary.sessions == 0)
    #expect(verdicts[good]?.verdict == .pass && verdicts[good]?.summary.errors == 0)
    #expect(verdicts[bad]?.verdict == .fail)
    #expect(verdicts[bad]?.summary.sessions == 200 && verdicts[bad]?.summary.errors == 100)
  }

  @Test("an empty log has no beginning and no verdict")
  func empty() {
    let observed = ObservedTraffic([], fleet: fleet) { LimitJudge() }
    #expect(observed.sinceMilliseconds == nil)
    #expect(observed.gateways.allSatisfy { $0.verdict == .insufficient })
  }
}
