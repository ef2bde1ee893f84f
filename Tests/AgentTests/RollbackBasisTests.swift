import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("What a rollback needs is kept", .serialized)
struct RollbackBasisTests {
  /// A host that was swung to the new release, so that a rollback returns to the old one.
  private func swung(
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    try await TestHost.withPlaced { host, client in
      _ = try await client.swung(host.swing(to: host.new), "p/1")
      try await body(host, client)
    }
  }

  @Test("F1: a slice that was removed is placed again from its tag and lock, and is said")
  func removed() async throws {
    try await swung { host, client in
      try Files.removeTree(host.home("skills/1.4.1"))
      let report = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(report.after.marker == host.old.marker && report.probe.status == .ok)
      #expect(report.notes?.first?.contains("1.4.1 was missing and was placed again") == true)
      let slices = try await client.survey().slices
      #expect(slices.first { $0.version == "1.4.1" }?.tree == host.old.lock.skills.tree)
      #expect(try Files.status(of: host.home("skills/1.4.1"))?.mode == 0o555)
    }
  }

  @Test("a slice that was altered is kept aside under a name that says so, and placed anew")
  func damaged() async throws {
    try await swung { host, client in
      try Files.setMode(host.home("skills/1.4.1/greeter"), 0o755)
      try Files.replace(
        host.home("skills/1.4.1/greeter/SKILL.md"), with: Array("altered".utf8))
      let report = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(report.after.marker == host.old.marker && report.probe.status == .ok)
      let aside = host.home("skills/1.4.1.damaged-p-2")
      #expect(report.notes?.first?.contains(aside) == true)
      #expect(try Files.readText("\(aside)/greeter/SKILL.md") == "altered")
      #expect(try await client.survey().slices.map(\.version) == ["1.4.1", "1.4.2"])
    }
  }

  @Test("the tag may be gone too, as long as the checkout has the commit")
  func withoutTag() async throws {
    try await swung { host, client in
      try await TestHost.run("git", ["tag", "-d", "v1.4.1"], in: host.home("infra"))
      try Files.removeTree(host.home("skills/1.4.1"))
      let report = try await client.swung(host.swing(to: host.old), "p/2")
      #expect(report.after.marker == host.old.marker)
    }
  }

  @Test("without commit and tag it fails before anything moves, naming both and how to bring them")
  func withoutCommit() async throws {
    try await swung { host, client in
      try Files.removeTree(host.home("skills/1.4.1"))
      var gone = host.old
      gone.commit = String(repeating: "0", count: 40)
      gone.tag = "v0.0.0"
      // The host was at that commit before, as far as it knows.
      let error = await portError {
        var request = SwingRequest(release: gone, next: nil, policy: host.fleet.swing)
        request.release.lock = host.old.lock
        _ = try await client.order(.swing(request), "p/2")
      }
      #expect(error.kind == .refused && error.message.contains("1.4.1"))
      #expect(try await client.survey().links.current == "1.4.2")
      #expect(try await client.probe().status == .ok)
    }
  }

  @Test("a damaged slice that serves is replaced, and the process is restarted on the sound one")
  func serving() async throws {
    try await swung { host, client in
      try Files.setMode(host.home("skills/1.4.2/greeter"), 0o755)
      try Files.replace(
        host.home("skills/1.4.2/greeter/SKILL.md"), with: Array("altered".utf8))
      let report = try await client.swung(
        host.swing(to: host.new) { $0.restart = .ifNeeded }, "p/2")
      #expect(report.restarted && report.probe.status == .ok)
    }
  }

  @Test("a restart in place that ends dead is started by the service, and is said")
  func deadInPlace() async throws {
    try await swung { host, client in
      await host.gateway.change { $0.diesInPlace = true }
      let report = try await client.swung(
        host.swing(to: host.old) { $0.restartBy = .gateway }, "p/2")
      #expect(report.after.marker == host.old.marker)
      #expect(report.after.pid != report.before?.pid)
      #expect(await host.gateway.starts == 1)
      #expect(report.notes == ["its restart in place ended dead, and the service started it"])
    }
  }

  @Test("a rollback that is broken is told beforehand by check and probe, and takes nobody out")
  func toldBefore() async throws {
    try await swung { host, client in
      #expect(try await client.probe().rollback == nil)
      try Files.removeTree(host.home("skills/1.4.1"))
      func answer() async throws -> GatewayAnswer? {
        let check = try await client.ask(.check)
        return check.answers.first { $0.capability == "rollback" }
      }
      let mended = try #require(try await answer())
      #expect(mended.level == .odd && mended.came.contains("places slice 1.4.1 again"))
      // The commit goes with its tag and all that names it.
      for arguments in [
        ["checkout", "-q", "--orphan", "lone"], ["commit", "-qm", "lone"], ["tag", "-d", "v1.4.1"],
        ["tag", "-d", "v1.4.2"], ["branch", "-D", "main"],
        ["reflog", "expire", "--expire=now", "--all"], ["gc", "-q", "--prune=now"],
      ] {
        try await TestHost.run("git", arguments, in: host.home("infra"))
      }
      let broken = try #require(try await answer())
      #expect(broken.level == .fault && broken.came.contains("is gone from"))
      #expect(broken.came.contains("git -C \(host.home("infra")) fetch origin"))
      let error = await portError { _ = try await client.order(host.swing(to: host.old), "p/back") }
      #expect(error.kind == .refused)
      #expect(error.remedy?.contains("fetch origin tag v1.4.1") == true)
      #expect(await host.gateway.drains == 1)
      // A move, also one that failed, has the disk read anew.
      let probe = try await client.probe()
      #expect(probe.status != .fail || probe.reasons.allSatisfy { $0.check == "release" })
      #expect(probe.rollback?.broken == true)
    }
  }
}
