import SluiceCore
import SluiceLedger
import Testing

@Suite("A line's weights")
struct WeightMapTests {
  private static func server(_ name: String, _ arm: Arm) -> BalancerState.Server {
    .init(host: HostName(name), arm: arm, isUp: true, isTakenOut: false, openSessions: 0)
  }

  /// Of a plan's file or a ledger's line, which anybody may have written.
  @Test("a host that is told twice counts once, and all of them come to everything")
  func hostTwice() throws {
    let state = BalancerState(
      weights: Weights(
        share: try #require(Share(basisPoints: 500)), pinEpoch: 1, generation: 1),
      servers: [
        Self.server("mac-a", .canary), Self.server("mac-b", .stable),
        Self.server("mac-b", .canary), Self.server("mac-c", .stable),
      ], processID: 1, upSeconds: 1)
    #expect(state.weightMap == ["mac-a": 500, "mac-b": 4_750, "mac-c": 4_750])
  }
}
