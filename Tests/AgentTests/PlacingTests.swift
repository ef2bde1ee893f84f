import SluiceCore
import SluiceHost
import SluiceAgentClient
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The survey before a release is placed")
struct PlacingTests {
  private func survey(_ client: LocalHostClient, of release: Release) async throws -> HostSurvey {
    try await client.ask(.survey(of: release))
  }

  private func git(_ host: TestHost, _ arguments: [String]) async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        try requireTool("git"), arguments,
        environment: TestHost.gitEnvironment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own },
        directory: host.home("infra")))
    try #require(outcome.succeeded, "git \(arguments): \(outcome.errorText)")
  }

  private func blockers(_ host: TestHost, _ survey: HostSurvey) -> [String] {
    PlacingCheck.blockers(on: host.spec, survey, placing: host.new, packBytes: 1 << 20)
  }

  @Test("an agent tells what a tag names in its checkout, and says nothing when nobody asks")
  func tag() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      #expect(try await client.survey().placing == nil)
      let asked = try await survey(client, of: host.new)
      #expect(asked.placing?.tag == host.new.tag)
      #expect(asked.placing?.tagCommit == host.new.commit)
      #expect(blockers(host, asked) == [])
    }
  }

  @Test("a stale tag in a checkout is found by a survey, and placing it would refuse the same")
  func staleTag() async throws {
    let host = try await TestHost()
    try await git(host, ["tag", "-f", host.new.tag, host.old.commit])
    try await host.withAgent { client in
      let found = blockers(host, try await survey(client, of: host.new))
      #expect(found.count == 1)
      #expect(found[0].contains(host.old.commit.prefix(12)), "\(found)")
      #expect(found[0].contains(host.new.commit.prefix(12)), "\(found)")
      let refused = await portError { _ = try await client.order(.place(host.new, links: false)) }
      #expect(refused.kind == .refused && refused.message.contains(host.old.commit.prefix(12)))
    }
    // The remedy that was told works.
    try await git(host, ["tag", "-d", host.new.tag])
    try await git(host, ["tag", host.new.tag, host.new.commit])
    try await host.withAgent { client in
      let found = blockers(host, try await survey(client, of: host.new))
      #expect(found == [])
    }
  }

  @Test("a tag that is gone from a checkout without a remote is told")
  func noTag() async throws {
    let host = try await TestHost()
    try await git(host, ["tag", "-d", host.new.tag])
    try await host.withAgent { client in
      let found = blockers(host, try await survey(client, of: host.new))
      #expect(found.count == 1 && found[0].contains("no remote to fetch it from"), "\(found)")
    }
  }

  @Test("the rooms of a host are its disks, with every copy counted on the disk where it lies")
  func rooms() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      let placing = try #require(try await survey(client, of: host.new).placing)
      #expect(placing.rooms.map(\.copies) == [3])
      let room = try #require(placing.rooms.first)
      #expect(room.path == host.spec.paths.skills && room.freeBytes > 0 && !room.holdsState)
      let huge = PlacingCheck.blockers(
        on: host.spec, try await survey(client, of: host.new), placing: host.new,
        packBytes: room.freeBytes)
      #expect(huge.count == 1 && huge[0].contains("are free on the disk of"), "\(huge)")
    }
  }

  @Test("another tree under the same version on the host is found by a survey")
  func otherTree() async throws {
    let host = try await TestHost()
    var other = host.old
    other.lock.skills.version = host.new.lock.skills.version
    try await host.services.infra.export(host.old, to: host.home("other"))
    _ = try await host.services.slices.place(
      from: host.home("other"), marker: other.marker, token: "x")
    try await host.withAgent { client in
      let found = blockers(host, try await survey(client, of: host.new))
      #expect(found.count == 1 && found[0].contains("give the release a new version"), "\(found)")
      let refused = await portError { _ = try await client.order(.place(host.new, links: false)) }
      #expect(refused.kind == .refused)
    }
  }

  @Test("a slice that is only prepared is there, whole, and no link names it")
  func prepared() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      guard case .placed(let report) = try await client.order(.place(host.new, links: false), "p/1")
      else {
        Issue.record("nothing was placed")
        return
      }
      #expect(report.wasPlaced && report.links == false)
      let after = try await client.survey()
      #expect(after.links == Links(current: "1.4.1", next: "1.4.1"))
      let version = host.new.lock.skills.version
      #expect(after.slices.first { $0.version == version }?.tree == host.new.lock.skills.tree)
      // The second host's turn: the slice is there already, and now `next` names it.
      guard case .placed(let turn) = try await client.order(.place(host.new), "p/2") else {
        Issue.record("nothing was placed")
        return
      }
      #expect(!turn.wasPlaced && turn.links == nil)
      #expect(try await client.survey().links.next == version)
    }
  }
}
