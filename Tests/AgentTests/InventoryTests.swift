import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("What an agent has and discards", .timeLimit(.minutes(2)))
struct InventoryTests {
  @Test("an agent discards what it does not need, and keeps what it needs whatever the writer says")
  func discarding() async throws {
    let host = try await TestHost()
    try await host.withAgent { link in
      _ = try await host.probe()
      _ = try await link.order(.place(host.new), "p/1")
      _ = try await link.swung(host.swing(to: host.new), "p/2")
      let known = try await link.ask(.inventory)
      let uses = Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0.uses) })
      #expect(uses[.init(.slice, "1.4.2")]?.contains("this host must run it") == true)
      #expect(uses[.init(.slice, "1.4.1")]?.isEmpty == false)
      #expect(uses[.init(.operation, "p/1")] == [])
      #expect(uses[.init(.operation, "p/2")] == ["the host's last operation"])
      let report = try await link.order(
        .discard([
          .init(.operation, "p/1"), .init(.slice, "1.4.2"), .init(.slice, "1.4.1"),
          .init(.slice, "../infra"), .init(.evidence, "p"), .init(.operation, "p/77"),
        ]), "gc-1/mac-a")
      guard case .discarded(let done) = report else {
        Issue.record("\(report)")
        return
      }
      #expect(done.removed == 1)
      #expect(done.faults.count == 2 && done.faults.allSatisfy { $0.hasPrefix("slice 1.4.") })
      let left = try await link.ask(.inventory).map(\.id)
      #expect(left.contains(.init(.slice, "1.4.1")) && left.contains(.init(.slice, "1.4.2")))
      #expect(!left.contains(.init(.operation, "p/1")))
      // The same id again removes nothing more, and a lower epoch is refused.
      #expect(
        try await link.order(.discard([]), "gc-2/mac-a", epoch: 4)
          == .discarded(
            DiscardReport(removed: 0, bytes: 0, faults: [])))
      let fenced = await portError {
        _ = try await link.order(.discard([]), "gc-3/mac-a", epoch: 3)
      }
      #expect(fenced.kind == .fenced)
    }
  }
}
