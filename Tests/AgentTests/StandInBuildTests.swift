import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// Builds that the stand-in pretends to be, as processes started through the builds' link.
@Suite("A gateway process that becomes another build", .serialized)
struct StandInBuildTests {
  private func running(
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    try await BuildHost.runningStandIn { host, client in
      try await client.acceptAll("p/0")
      _ = try await client.order(.place(host.new), "p/1")
      try await body(host, client)
    }
  }

  @Test("its conversations are kept forward and back, and what was said between lies aside")
  func sessions() async throws {
    try await running { host, client in
      let archived = try await host.probe { $0.status == .ok }
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 1 "))
      let forward = try await client.swung(host.swing(to: host.new, state: .copy), "p/2")
      #expect(forward.before?.version == "2026.9.4" && forward.after.version == "2026.9.6")
      #expect(forward.after.buildID == "2026.9.6-release-of-the-test")
      #expect(forward.probe.status == .ok)
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 2 "))
      let back = try await client.swung(
        host.swing(
          to: host.old, next: "1.4.1", state: .putBack(of: OperationID(rawValue: "p/2"))), "p/3")
      #expect(back.after.version == "2026.9.4")
      #expect(back.probe.fingerprint == archived.fingerprint)
      // Turn 2 was said on the newer build.
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 2 "))
      let aside = try #require(back.state?.aside)
      #expect(!BuildHost.sessions(below: aside).isEmpty)
      let again = try await client.swung(host.swing(to: host.new, state: .copy), "p/4")
      #expect(again.probe.status == .ok)
      #expect(try await BuildHost.speak(host, as: "ana").contains("turn 3 "))
    }
  }

  @Test("a build whose rollback lacks the copy ends with 78, and its log is quoted")
  func refused() async throws {
    try await running { host, client in
      _ = try await client.swung(host.swing(to: host.new), "p/2")
      let error = await portError { _ = try await client.order(host.swing(to: host.old), "p/3") }
      #expect(error.message.contains("uses newer schema version 18; this build supports 17"))
      // Forward again is open.
      let again = try await client.swung(host.swing(to: host.new), "p/4")
      #expect(again.after.version == "2026.9.6" && again.probe.status == .ok)
    }
  }

  @Test("what the running gateway says of its state is held against what is declared")
  func place() async throws {
    try await running { host, client in
      let survey = try #require(try await client.survey().builds)
      #expect(survey.state.path == host.home("claw") && survey.state.fault == nil)
      #expect(survey.builds.allSatisfy { $0.found?.daemon != nil && $0.fault == nil })
    }
  }
}
