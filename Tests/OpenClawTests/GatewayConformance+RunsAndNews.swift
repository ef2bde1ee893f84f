import SluiceCore
import SluicePorts
import SluiceTestSupport
import Synchronization
import Testing

extension GatewayConformanceTests {
  @Suite("The run log of every gateway")
  struct RunLog {
    @Test(
      "the run log has each run once, with its start and its end, and marks Sluice's own runs",
      arguments: GatewayKind.processes)
    func runs(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (moving, runLog) = (world.moving, world.runLog)
        _ = try await moving.warmUp(deadline: .seconds(600))
        var rows: [RunRow] = []
        let start = RunCursor(sequence: 0, occurredMilliseconds: 0, event: "")
        // The real one writes its ledger by the way.
        #expect(
          await eventually(within: .seconds(600)) {
            rows = (try? await runLog.runs(after: start).rows) ?? []
            return rows.count == 2
          })
        #expect(rows.map(\.status) == [.started, .succeeded])
        #expect(rows.allSatisfy(\.isOwn) && rows.first?.run == rows.last?.run)
        let newest = try await runLog.runs(after: nil)
        #expect(newest.rows == Array(rows.suffix(1)))
        #expect(try await runLog.runs(after: newest.newest).rows == [])
      }
    }
  }
}

extension GatewayConformanceTests {
  @Suite("What every gateway tells by itself")
  struct News {
    @Test(
      "over one connection it tells of its drain and its new boot", arguments: GatewayKind.processes
    )
    func news(kind: GatewayKind) async throws {
      try await kind.withWorld { world in
        let (moving, source) = (world.moving, world.news)
        let heard = HeardNews()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { await source.attend { heard.take($0) } }
          group.addTask {
            let isUp = await eventually(within: .seconds(600)) { heard.connections == 1 }
            #expect(isUp)
            _ = try await moving.drain(token: "a", deadline: .seconds(600))
            let isTold = await eventually(within: .seconds(600)) {
              heard.all.contains(.suspension(phase: "prepared"))
            }
            #expect(isTold)
            try await moving.requestRestart(reason: "conformance")
            let isBack = await eventually(within: .seconds(600)) { heard.connections == 2 }
            #expect(isBack)
            #expect(heard.all.contains { if case .shutdown = $0 { true } else { false } })
          }
          try await group.next()
          group.cancelAll()
        }
      }
    }
  }
}

/// The news that a listener heard.
final class HeardNews: Sendable {
  private let news = Mutex<[GatewayNews]>([])
  func take(_ item: GatewayNews) { news.withLock { $0.append(item) } }
  var all: [GatewayNews] { news.withLock { $0 } }
  func contains(_ item: GatewayNews) -> Bool { all.contains(item) }
  var connections: Int { all.count { if case .connected = $0 { true } else { false } } }
}
