import SluiceCore
import SluicePorts
import SluiceSimulator
import Testing

@Suite("What would stop a later host is seen at plan and preflight")
struct PlacingCheckTests {
  private let plan: Plan
  private let surveys: [HostName: HostSurvey]
  private let balancer: BalancerState
  private static let host = Examples.stables[1]

  init() async throws {
    let world = Examples.world()
    var plan = try await Examples.plan(world, to: "1.4.2")
    plan.packBytes = 10 << 20
    self.plan = plan
    var surveys: [HostName: HostSurvey] = [:]
    for (name, host) in world.hosts {
      surveys[name] = try await host.ask(.survey(of: plan.to), deadline: .seconds(1))
    }
    self.surveys = surveys
    balancer = await world.balancer.state
  }

  /// The blockers when one stable host looks otherwise.
  private func blockers(
    of plan: Plan? = nil, _ change: (inout HostSurvey) -> Void
  ) throws -> [String] {
    var surveys = surveys
    var survey = try #require(surveys[Self.host])
    change(&survey)
    surveys[Self.host] = survey
    return PlanCheck.blockers(
      of: plan ?? self.plan, surveys: surveys, silent: [:], balancer: balancer,
      balancerFault: nil)
  }

  @Test("a fleet that can take the release has nothing in the way")
  func clean() throws {
    #expect(try blockers { _ in } == [])
    // The tag is there and is the release's.
    #expect(try blockers { $0.placing?.tagCommit = plan.to.commit } == [])
    // An agent of before the question says nothing of it.
    #expect(try blockers { $0.placing = nil } == [])
  }

  @Test("a stale tag on a host is told with both commits and the command that removes it")
  func staleTag() throws {
    let other = String(repeating: "b", count: 40)
    let found = try blockers { $0.placing?.tagCommit = other }
    #expect(found.count == 1)
    let text = try #require(found.first)
    #expect(text.hasPrefix("\(Self.host): the tag \(plan.to.tag)"))
    #expect(text.contains(other.prefix(12)) && text.contains(plan.to.commit.prefix(12)))
    #expect(text.contains("git -C ") && text.hasSuffix("tag -d \(plan.to.tag)"))
  }

  @Test("a checkout without the tag and without a remote is told")
  func noRemote() throws {
    let found = try blockers {
      $0.placing?.tagCommit = nil
      $0.placing?.remote = nil
    }
    #expect(found.count == 1 && found[0].contains("no remote to fetch it from"), "\(found)")
  }

  @Test("an answer about another tag says nothing about this one")
  func otherTag() throws {
    let found = try blockers {
      $0.placing?.tag = "another"
      $0.placing?.tagCommit = String(repeating: "b", count: 40)
    }
    #expect(found == [])
  }

  @Test("the same version with another tree on a host is told, and asks for a new version")
  func otherTree() throws {
    let version = plan.to.lock.skills.version
    let found = try blockers {
      $0.slices.append(.init(version: version, tree: .zero, fault: nil))
    }
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("\(Self.host): a slice \(version) is there already"), "\(found)")
    #expect(found[0].contains(Digest.zero.short))
    #expect(found[0].contains(plan.to.lock.skills.tree.short))
    #expect(found[0].contains("give the release a new version"))
    // The same tree is the same release, placed before.
    let same = try blockers {
      $0.slices.append(.init(version: version, tree: plan.to.lock.skills.tree, fault: nil))
    }
    #expect(same == [])
  }

  @Test("a release that keeps the version of the one that serves, with another tree, is told")
  func sameVersionAsNow() throws {
    var plan = plan
    plan.to.lock.skills.version = plan.from.lock.skills.version
    let found = try blockers(of: plan) { _ in }
    #expect(found.count == 3)
    #expect(found.allSatisfy { $0.contains("give the release a new version") }, "\(found)")
  }

  @Test("a damaged slice of the release's version is told before its turn")
  func damaged() throws {
    let found = try blockers {
      $0.slices.append(
        .init(version: plan.to.lock.skills.version, tree: .zero, fault: "x is a symbolic link"))
    }
    #expect(found.count == 1 && found[0].contains("x is a symbolic link"), "\(found)")
  }

  @Test("too little room for the slice is told with both numbers, counted once for each disk")
  func room() throws {
    let found = try blockers { $0.placing?.rooms[0].freeBytes = 40 << 20 }
    #expect(found.count == 1)
    // Three times 10 MiB, and 16 MiB beside.
    #expect(found[0].contains("takes 48 MB, and 42 MB are free"), "\(found)")
    #expect(try blockers { $0.placing?.rooms[0].freeBytes = 46 << 20 } == [])
    let apart = try blockers { survey in
      survey.placing?.rooms = [
        .init(path: "/a", freeBytes: 1 << 30, copies: 2, holdsState: false),
        .init(path: "/b", freeBytes: 20 << 20, copies: 1, holdsState: false),
      ]
    }
    #expect(apart.count == 1 && apart[0].contains("disk of /b"), "\(apart)")
  }

  @Test("of an agent that does not say its disks, the disk of the slices counts")
  func roomOfOlderAgents() throws {
    let found = try blockers {
      $0.placing = nil
      $0.diskFreeBytes = 1 << 20
    }
    #expect(found.count == 1 && found[0].contains("takes 27 MB"), "\(found)")
  }

  @Test("a plan without a pack's size asks for no room, and a rollback never does")
  func noRoomAsked() throws {
    var plan = plan
    plan.packBytes = nil
    #expect(try blockers(of: plan) { $0.placing?.rooms[0].freeBytes = 0 } == [])
    plan = plan.revertPlan()
    plan.packBytes = 10 << 20
    let found = try blockers(of: plan) { $0.placing?.rooms[0].freeBytes = 0 }
    #expect(!found.contains { $0.contains("are free on the disk") }, "\(found)")
  }

  @Test("slice and copy of the state are counted together where they share a disk")
  func roomWithState() async throws {
    let world = Examples.world()
    let newer = ReleaseLock.OpenClaw(
      version: "2026.10.1", daemon: .zero, cli: .zero, schemas: ["state": 19])
    var plan = try await ExampleFleet.plan(world, to: "1.4.2", openclaw: newer)
    plan.packBytes = 10 << 20
    let host = try #require(plan.fleet.host(Self.host))
    var survey = try await #require(world.hosts[Self.host])
      .ask(.survey(of: plan.to), deadline: .seconds(1))
    #expect(plan.build?.copiesState == true && survey.builds != nil)
    survey.builds?.state.bytes = 100 << 20
    survey.builds?.state.freeBytes = 1 << 40
    survey.placing?.rooms[0].freeBytes = 300 << 20
    let found = PlacingCheck.blockers(
      on: host, survey, placing: plan.to, packBytes: plan.packBytes, change: plan.build)
    // A copy, what the new build writes, and 64 MiB; and the slice's 46 MiB.
    #expect(
      found.count == 1 && found[0].contains("copying OpenClaw's state take 325 MB"), "\(found)")
    survey.placing?.rooms[0].holdsState = false
    #expect(
      PlacingCheck.blockers(
        on: host, survey, placing: plan.to, packBytes: plan.packBytes, change: plan.build) == [])
  }

  @Test("a host that looks at no signature, or takes none of this tag, is told before the night")
  func signatures() throws {
    var signed = plan
    signed.fleet.signedTags = SignedTags(allowedSigners: "/etc/openclaw/allowed_signers")
    let hosts = signed.fleet.gateways.map(\.name)
    // No simulated agent looks: as with those of before.
    let found = try blockers(of: signed) { $0.placing?.signature = nil }
    #expect(found.count == hosts.count)
    #expect(found.allSatisfy { $0.contains("looks at no signature") }, "\(found)")
    let answered = try blockers(of: signed) { $0.placing?.signature = .init(signer: "ana") }
    #expect(
      answered.count == hosts.count - 1 && !answered.contains { $0.hasPrefix("\(Self.host)") })
    #expect(
      try blockers(of: signed) { $0.placing?.signature = .init() }.count == hosts.count - 1)
    // One that says nothing of placing at all is no better.
    #expect(try blockers(of: signed) { $0.placing = nil }.count == hosts.count)
    // The host's own word counts, whatever the writer asks for.
    let refused = try blockers {
      $0.placing?.signature = .init(fault: "mac-x takes signed tags only")
    }
    #expect(refused == ["\(Self.host): mac-x takes signed tags only"])
    // The release that the host is on was taken before.
    let there = try blockers {
      $0.placing?.signature = .init(fault: "x")
      $0.infra.commit = plan.to.commit
      $0.infra.lockDigest = plan.to.lockDigest
    }
    #expect(!there.contains { $0.contains(": x") }, "\(there)")
  }

  @Test("the order to place asks for a signature where the plan's fleet does")
  func order() {
    #expect(HostOperation.place(plan) == .place(plan.to))
    var signed = plan
    signed.fleet.signedTags = SignedTags(allowedSigners: "/s")
    #expect(HostOperation.place(signed, links: false) == .placeSigned(plan.to, links: false))
    for operation in [HostOperation.place(plan), .place(signed)] {
      guard case .place(let placement) = operation.work else {
        Issue.record("it places nothing")
        continue
      }
      #expect(placement.release == plan.to && placement.links)
    }
  }

  @Test("a check tells of a host what a promotion would stop at, without a plan")
  func standing() throws {
    let host = try #require(plan.fleet.host(Self.host))
    var survey = try #require(surveys[Self.host])
    #expect(PlanCheck.standing(host, survey, release: plan.to, packBytes: 1) == [])
    survey.infra.dirty = ["skills/x"]
    survey.busyWith = OperationID(rawValue: "p/1")
    survey.gateway = nil
    survey.placing?.tagCommit = String(repeating: "b", count: 40)
    survey.placing?.rooms[0].freeBytes = 0
    let found = PlanCheck.standing(host, survey, release: plan.to, packBytes: 1)
    #expect(found.count == 5)
    #expect(found.allSatisfy { $0.hasPrefix("\(Self.host)") }, "\(found)")
    #expect(PlanCheck.standing(host, survey, release: nil, packBytes: nil).count == 3)
  }
}
