import SluiceCore
import SluiceHost
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// Builds that are tried on a copy of the state, while another process of the stand-in serves.
@Suite("A build that is tried on a copy of the state", .serialized)
struct TrialTests {
  /// How the new build starts: by default as the stand-in does.
  private func running(
    _ start: String = "",
    _ body: @escaping @Sendable (TestHost, any HostClient) async throws -> Void
  ) async throws {
    try await BuildHost.runningStandIn(newBuild: start) { host, client in
      _ = try await BuildHost.speak(host, as: "ana")
      _ = try await BuildHost.speak(host, as: "ben")
      try await body(host, client)
    }
  }

  private func trial(
    _ host: TestHost, _ client: any HostClient, limit: Int64 = 60_000, _ id: String = "try-1/mac-a"
  ) async throws -> TrialReport {
    let request = TrialRequest(build: host.new.lock.openclaw, limitMilliseconds: limit)
    guard case .tried(let report) = try await client.order(.tryBuild(request), id) else {
      throw PortError(.failed, "no trial")
    }
    return report
  }

  private func requireClean(_ host: TestHost) throws {
    let names = try Files.names(in: host.home.path)
    #expect(names.allSatisfy { !$0.contains(".trial-") }, "\(names)")
  }

  @Test("a good build passes; the gateway serves on, and its state stays as it was")
  func good() async throws {
    try await running { host, client in
      let before = try await host.services.gateway.identity()
      let schema = try Files.readText(host.home("claw/state/schema.json"))
      let report = try await trial(host, client)
      #expect(report.isPassed, "\(report)")
      #expect(report.version == "2026.9.6" && report.daemon != nil)
      #expect(report.before.sessions == 2 && report.after?.sessions == 2)
      #expect(report.before.files > 3 && report.bytes > 0)
      #expect(report.readyMilliseconds != nil && report.doctorMilliseconds != nil)
      #expect(report.notAsked.contains { $0.contains("call the fleet's model") })
      #expect(try await host.services.gateway.identity().bootID == before.bootID)
      #expect(try Files.readText(host.home("claw/state/schema.json")) == schema)
      #expect(schema.contains("17"))
      try requireClean(host)
      // The same id again is the same answer; nothing is tried twice.
      #expect(try await trial(host, client) == report)
      let probe = try await host.probe()
      #expect(probe.status != .fail)
    }
  }

  @Test("a migration that fails is told in the build's own words")
  func failing() async throws {
    let start = """
      echo "[gateway] starting..."
      echo "Gateway failed to start: migration 18 of state failed: no such column: lane" >&2
      exit 78
      """
    try await running(start) { host, client in
      let report = try await trial(host, client)
      #expect(
        report.fault
          == "Gateway failed to start: migration 18 of state failed: no such column: lane")
      #expect(report.after == nil && report.readyMilliseconds == nil)
      try requireClean(host)
    }
  }

  @Test("a build that hangs is ended with all of its processes when the limit is over")
  func hanging() async throws {
    let start = """
      sh -c 'trap "" TERM; while :; do sleep 1; done' &
      echo $! > "$OPENCLAW_STATE_DIR/../../child"
      echo "[gateway] migrating..."
      sleep 600
      """
    try await running(start) { host, client in
      let report = try await trial(host, client, limit: 3_000)
      #expect(report.fault == "it was not ready after 3 s: [gateway] migrating...", "\(report)")
      let child = try Files.readText(host.home("child")).filter { $0.isNumber }
      let pid = try #require(Int32(child))
      #expect(await eventually { Processes.identity(of: pid) == nil })
      try requireClean(host)
    }
  }

  @Test("a build that loses sessions fails")
  func losing() async throws {
    let start = """
      find "$OPENCLAW_STATE_DIR/agents/main/sessions" -name '*.jsonl' | head -1 | xargs rm
      """
    try await running(start) { host, client in
      let report = try await trial(host, client)
      #expect(
        report.fault == "the state had 2 sessions, and 1 are left after the migration", "\(report)")
      #expect(BuildHost.sessions(below: host.home("claw")).count == 2)
      try requireClean(host)
    }
  }

  @Test("another order calls a trial off, and does not wait for it")
  func calledOff() async throws {
    try await running("sleep 600") { host, client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let error = await portError { _ = try await trial(host, client, limit: 600_000) }
          #expect(error.message.contains("was called off"), "\(error)")
        }
        group.addTask {
          let isUnderWay = try await eventually {
            try Files.names(in: host.home.path).contains { $0.contains(".trial-") }
          }
          #expect(isUnderWay)
          _ = try await client.order(.place(host.new), "p/1")
          try requireClean(host)
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("what an interrupted trial left is ended and removed by the next one, and by gc")
  func leftover() async throws {
    try await running { host, client in
      let left = host.home("claw.trial-try-0-mac-a")
      try TestHost.write("x", to: "\(left)/state/x")
      let items = try await client.ask(.inventory)
      #expect(items.map(\.id).contains(.init(.buildTrial, "claw.trial-try-0-mac-a")))
      guard
        case .discarded(let done) = try await client.order(
          .discard([.init(.buildTrial, "claw.trial-try-0-mac-a")]), "gc-1/mac-a")
      else { throw PortError(.failed, "nothing was discarded") }
      #expect(done.removed == 1 && done.faults.isEmpty)
      try requireClean(host)
      try TestHost.write("x", to: "\(left)/state/x")
      #expect(try await trial(host, client).isPassed)
      try requireClean(host)
    }
  }

  @Test("a trial that an earlier agent began is not begun again")
  func cutShort() async throws {
    let host = try await BuildHost.standIn()
    _ = try await host.services.service.start()
    let state = try OperationState(directory: host.spec.paths.state, time: WallTime())
    let id = OperationID(rawValue: "try-1/mac-a")
    let request = TrialRequest(build: host.new.lock.openclaw, limitMilliseconds: 60_000)
    _ = try await state.begin(id, Epoch(1), .tryBuild(request))
    try TestHost.write("x", to: host.home("claw.trial-try-1-mac-a/state/x"))
    try await host.withAgent { client in
      let error = await portError { _ = try await trial(host, client) }
      #expect(error.message == "the agent of mac-a ended in the middle of the trial")
      try requireClean(host)
    }
    _ = try await host.services.service.stop(deadline: .seconds(5))
  }

  @Test("an older writer is refused, and so is a build that is not the lock's")
  func refused() async throws {
    try await running { host, client in
      _ = try await client.order(.discard([]), "gc-1/mac-a", epoch: 5)
      let fenced = await portError { _ = try await trial(host, client) }
      #expect(fenced.kind == .fenced)
      var build = host.new.lock.openclaw
      build.daemon = Digest(of: [1])
      let request = TrialRequest(build: build, limitMilliseconds: 60_000)
      let error = await portError {
        _ = try await client.order(.tryBuild(request), "try-2/mac-a", epoch: 5)
      }
      #expect(error.message.contains("its daemon hashes to"))
      try requireClean(host)
    }
  }
}
