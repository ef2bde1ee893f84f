import Dispatch
import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import OpenClawStandIn
@testable import SluiceOpenClaw

@Suite("One connection is kept to a gateway")
struct KeptConnectionTests {
  /// Runs the body while the connection is kept.
  private func attending(
    _ control: OpenClawGateway, _ body: @escaping @Sendable (HeardNews) async throws -> Void
  ) async throws {
    let heard = HeardNews()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await control.attend { heard.take($0) } }
      group.addTask { try await body(heard) }
      // The body ends first: the other goes on until it is cancelled.
      try await group.next()
      group.cancelAll()
    }
  }

  @Test("questions go over it, many at once, and none opens another")
  func shared() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { gateway in
      let control = try host.control()
      try await attending(control) { heard in
        try await waitUntil { heard.connections == 1 }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<20 {
            group.addTask {
              let (skills, depth) = try await (control.skills(), control.queueDepth())
              #expect(skills.count > 2 && depth == 0)
            }
            group.addTask { _ = try await control.identity() }
          }
          try await group.waitForAll()
        }
        #expect(await gateway.onLoop { gateway.connections.count } == 1)
        let scopes = await gateway.onLoop { gateway.connections.values.first?.scopes }
        #expect(scopes == ["operator.read"], "to read, and no more")
      }
      try await waitUntil { await gateway.onLoop { gateway.connections.isEmpty } }
    }
  }

  @Test("it tells of a drain, a restart and the new boot, and comes back by itself")
  func restart() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let control = try host.control()
      try await attending(control) { heard in
        try await waitUntil { heard.connections == 1 }
        let before = try await control.identity()
        _ = try await control.drain(token: "op-1", deadline: .seconds(600))
        try await waitUntil { heard.contains(.suspension(phase: "prepared")) }
        try await control.resume()
        try await control.requestRestart(reason: "x")
        try await waitUntil { heard.connections == 2 }
        #expect(heard.all.contains { if case .shutdown = $0 { true } else { false } })
        #expect(heard.all.contains { if case .disconnected = $0 { true } else { false } })
        var after = before
        try await waitUntil {
          guard let identity = try? await control.identity() else { return false }
          after = identity
          return identity.bootID != before.bootID
        }
        #expect(heard.contains(.connected(bootID: after.bootID)))
      }
    }
  }

  @Test("a model that fails is told by the retry, before the run ends; Sluice's own runs are not")
  func retries() async throws {
    let host = try StandInHost.marked()
    let quality = #"{"errorRate":1,"latencyMs":{"p50":3600000,"sigma":0}}"#
    try host.release("1.4.1", quality: quality)
    try await host.withGateway { gateway in
      let control = try host.control()
      try await attending(control) { heard in
        try await waitUntil { heard.connections == 1 }
        async let session = host.chat("people")
        try await waitUntil { heard.contains(.runRetried) }
        #expect(heard.contains(.runStarted))
        await gateway.endSessions()
        _ = try await session
        let told = heard.all.count
        async let own = host.chat(OpenClawGateway.warmUpSessionKey)
        try await gateway.untilSessionsRun(1)
        await gateway.endSessions()
        _ = try await own
        #expect(heard.all.count == told)
      }
    }
  }

  @Test("nothing that comes breaks it: no frame beyond the limit, nothing unknown, no noise")
  func unbroken() async throws {
    let huge = #"{"type":"event","event":""# + String(repeating: "a", count: 9 << 20) + #""}"#
    let scripted = try ScriptedGateway { method, _, _ in
      switch method {
      case "connect":
        [
          .frame(try recording("rpc/hello")), .text(huge), .text("<html>"), .binary,
          .text(#"{"type":"event","event":"nobody.knows.this","payload":7}"#),
          .text(#"{"type":"event","event":"agent","payload":{"stream":5}}"#),
          .text(#"{"type":"res","id":"another","ok":true}"#),
        ]
      default: [.text(huge), .frame(.answer(["skills": []]))]
      }
    }
    let control = try scripted.control()
    try await attending(control) { heard in
      try await waitUntil { heard.connections == 1 }
      #expect(try await control.skills() == [])
      #expect(heard.all.count == 1)
      #expect(scripted.methods == ["connect", "skills.status"])
    }
  }

  @Test("a question that is not answered ends at its deadline, and the connection stays")
  func unanswered() async throws {
    var deadlines = OpenClawDeadlines.patient
    deadlines.call = .milliseconds(200)
    let scripted = try ScriptedGateway { method, _, count in
      switch method {
      case "connect": [.frame(try recording("rpc/hello"))]
      case "diagnostics.lanes": []
      default: [.frame(.answer(["skills": []]))]
      }
    }
    let control = try scripted.control(deadlines: deadlines)
    try await attending(control) { heard in
      try await waitUntil { heard.connections == 1 }
      let error = try await failure { try await control.queueDepth() }
      #expect(error.message.contains("no answer within 200 ms"))
      #expect(await eventually { (try? await control.skills()) == [] })
      #expect(heard.connections == 1)
    }
  }

  @Test("an answer that comes at once finds its question, whichever task runs late")
  func immediateAnswer() async throws {
    let scripted = try ScriptedGateway { method, _, _ in
      method == "connect"
        ? [.frame(try recording("rpc/hello"))] : [.frame(.answer(["skills": []]))]
    }
    let control = try scripted.control()
    try await attending(control) { heard in
      try await waitUntil { heard.connections == 1 }
      try await withTaskExecutorPreference(LateExecutor()) { () async throws in
        for _ in 0..<40 { #expect(try await control.skills() == []) }
      }
      #expect(heard.connections == 1)
    }
  }

  @Test("a question that its end cuts off is asked once more, over one of its own")
  func cutOff() async throws {
    let scripted = try ScriptedGateway { method, _, count in
      switch (method, count) {
      case ("connect", _): [.frame(try recording("rpc/hello"))]
      case (_, 1): [.drop]
      default: [.frame(.answer(["skills": []]))]
      }
    }
    let control = try scripted.control()
    try await attending(control) { heard in
      try await waitUntil { heard.connections >= 1 }
      #expect(try await control.skills() == [])
    }
  }

  @Test("while nobody listens it tries again, and questions say why meanwhile")
  func down() async throws {
    let host = try StandInHost.marked()
    let control = try host.control()
    try await attending(control) { heard in
      let error = try await failure { try await control.skills() }
      #expect(error.kind == .unreachable)
      try await host.withGateway { _ in
        try await waitUntil { heard.connections == 1 }
      }
    }
  }
}

@Suite("The gateway's run log")
struct RunLedgerTests {
  @Test("rows after a cursor, each once, with keys that nobody can read; Sluice's own are marked")
  func rows() async throws {
    let host = try StandInHost.marked()
    try await host.withGateway { _ in
      let control = try host.control()
      let empty = try await control.runs(after: nil)
      #expect(empty.rows == [] && empty.newest == nil)
      _ = try await host.chat("agent:main:telegram:4711")
      let start = try #require(try await control.runs(after: nil).newest)
      #expect(start.sequence == 2, "where it stands, and no more")
      _ = try await control.warmUp(deadline: .seconds(600))
      _ = try await host.chat("another")
      let page = try await control.runs(after: start)
      #expect(page.rows.map(\.sequence) == [3, 4, 5, 6])
      #expect(page.rows.map(\.isOwn) == [true, true, false, false])
      #expect(page.rows.map(\.status) == [.started, .succeeded, .started, .succeeded])
      #expect(page.rows[2].run == page.rows[3].run && page.rows[1].run != page.rows[2].run)
      #expect(!"\(page)".contains("another") && !"\(page)".contains("telegram"))
      let last = try #require(page.rows.last?.cursor)
      #expect(try await control.runs(after: last).rows == [])
      let whole = try await control.runs(
        after: RunCursor(sequence: 0, occurredMilliseconds: 0, event: ""))
      #expect(whole.rows.count == 6)
    }
  }

  @Test("a ledger that was put back is another one: what is newer than the cursor counts")
  func reset() {
    func row(_ sequence: Int64, _ at: Int64, _ event: String) -> RunRow {
      RunRow(
        sequence: sequence, occurredMilliseconds: at, status: .started, run: "r\(sequence)",
        session: nil, isOwn: false, event: event)
    }
    let cursor = RunCursor(sequence: 5, occurredMilliseconds: 500, event: "e5")
    let same = RunPage([row(5, 500, "e5"), row(6, 600, "e6")], after: cursor, limit: 10)
    #expect(!same.isReset && same.rows.map(\.sequence) == [6])
    let shorter = RunPage([row(2, 200, "e2"), row(3, 700, "f3")], after: cursor, limit: 10)
    #expect(shorter.isReset && shorter.rows.map(\.sequence) == [3])
    let other = RunPage([row(5, 650, "f5"), row(6, 700, "f6")], after: cursor, limit: 10)
    #expect(other.isReset && other.rows.map(\.sequence) == [5, 6])
    let aged = RunPage([row(9, 900, "e9")], after: cursor, limit: 10)
    #expect(!aged.isReset && aged.rows.map(\.sequence) == [9])
    let many = RunPage((6...20).map { row($0, $0 * 100, "e\($0)") }, after: cursor, limit: 3)
    #expect(many.hasMore && many.rows.map(\.sequence) == [6, 7, 8] && many.newest?.sequence == 20)
  }
}

/// Runs every job late by up to 4 ms, each by another time: a busy machine's order of tasks, in small.
private final class LateExecutor: TaskExecutor {
  private let random = Mutex(SplitMix64(seed: 7))

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let microseconds = random.withLock { Int($0.next() % 4_000) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .microseconds(microseconds)) {
      job.runSynchronously(on: self.asUnownedTaskExecutor())
    }
  }
}
