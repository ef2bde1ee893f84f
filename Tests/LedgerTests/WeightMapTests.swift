import SluiceCore
import SluiceLedger
import Testing

@Suite("A line's weights")
struct WeightMapTests {
  private static func server(_ name: String, _ arm: Arm) -> BalancerState.Server {
    .init(host: HostName(name), arm: arm, isUp: true, isTakenOut: false, openSessions: 0)
  }

  private static func map(
    _ share: Int, _ servers: [BalancerState.Server]
  ) throws -> [String: Int] {
    BalancerState(
      weights: Weights(
        share: try #require(Share(basisPoints: share)), pinEpoch: 1, generation: 1),
      servers: servers, processID: 1, upSeconds: 1
    ).weightMap
  }

  @Test("an arm's share is dealt over its hosts, and what does not divide goes to the first ones")
  func dealt() throws {
    let servers = [
      Self.server("a1", .canary), Self.server("a2", .canary), Self.server("b1", .stable),
      Self.server("b2", .stable), Self.server("b3", .stable),
    ]
    #expect(
      try Self.map(501, servers)
        == ["a1": 251, "a2": 250, "b1": 3_167, "b2": 3_166, "b3": 3_166])
    #expect(try Self.map(501, servers).values.reduce(0, +) == 10_000)
  }

  @Test(
    "an arm without a host in service gives its share to the other; nobody in service is nothing")
  func outOfService() throws {
    var (canary, stable) = (Self.server("a", .canary), Self.server("b", .stable))
    #expect(try Self.map(500, [stable]) == ["b": 10_000])
    #expect(try Self.map(500, [canary]) == ["a": 10_000])
    #expect(try Self.map(500, []) == [:])
    canary.isUp = false
    #expect(try Self.map(500, [canary, stable]) == ["a": 0, "b": 10_000])
    stable.isTakenOut = true
    #expect(try Self.map(500, [canary, stable]) == [:])
    canary.isUp = true
    #expect(try Self.map(500, [canary, stable]) == ["a": 10_000, "b": 0])
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
