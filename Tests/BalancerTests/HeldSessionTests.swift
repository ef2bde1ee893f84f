import SluiceCore
import SluiceHAProxy
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite(
  "A look into the session log without a promotion",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct HeldSessionTests {
  @Test("every session once at every look, and a promotion still counts its own")
  func looking() async throws {
    try await Rig.with { rig in
      try await rig.share(50, generation: 1)
      #expect(try await rig.log().held().isEmpty)
      let stream = try await rig.log().batches(for: PromotionID(rawValue: "p-1"))
      _ = try await rig.draw(30)
      var counted: [SessionRecord] = []
      for await batch in stream {
        counted += batch.sessions
        if counted.count >= 30 { break }
      }
      let first = try await rig.log().held()
      #expect(first.count == 30 && Set(first) == Set(counted))
      #expect(try await Set(rig.log().held()) == Set(first))
      // Through a stop, too: the lines of the stopped process are kept.
      try await rig.balancer.stop(deadline: .seconds(5))
      let gone = await portErrorKind { _ = try await rig.log().held() }
      #expect(gone == .unreachable)
      try await rig.balancer.ensureRunning()
      _ = try await rig.draw(10)
      let all = try await rig.log().held()
      #expect(all.count == 40 && Set(first).isSubset(of: Set(all)))
    }
  }

  private func portErrorKind(_ body: () async throws -> Void) async -> PortError.Kind? {
    do {
      try await body()
      return nil
    } catch { return (error as? PortError)?.kind }
  }
}
