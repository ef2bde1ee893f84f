import Dispatch
import Testing

@testable import SluiceSystem

@Suite("Durations as the operating system takes them")
struct DurationsTests {
  @Test(
    "in whole milliseconds, rounded down; one that no number holds is half the range, or none",
    arguments: [
      (.zero, 0), (.milliseconds(1), 1), (.microseconds(1_999), 1), (.seconds(90), 90_000),
      (.seconds(Int64.max / 2 / 1_000), Int64.max / 2 / 1_000 * 1_000),
      (.seconds(Int64.max / 1_000), Int64.max / 2), (.seconds(Int64.max), Int64.max / 2),
      (.seconds(Int64.min), 0),
    ] as [(Duration, Int64)])
  func milliseconds(_ duration: Duration, _ milliseconds: Int64) {
    #expect(duration.wholeMilliseconds == milliseconds)
  }

  @Test("for Dispatch nothing is below zero, and a century is for ever")
  func dispatch() {
    let century = 100 * 366 * 86_400
    #expect(Duration.zero.dispatchInterval == .nanoseconds(0))
    #expect(Duration.milliseconds(1_500).dispatchInterval == .nanoseconds(1_500_000_000))
    #expect(Duration.seconds(-1).dispatchInterval == .nanoseconds(0))
    #expect(Duration.milliseconds(-1).dispatchInterval == .nanoseconds(0))
    #expect(
      Duration.seconds(century - 1).dispatchInterval == .nanoseconds((century - 1) * 1_000_000_000))
    #expect(Duration.seconds(century).dispatchInterval == .seconds(century))
    #expect(Duration.seconds(Int64.max).dispatchInterval == .seconds(century))
  }
}
