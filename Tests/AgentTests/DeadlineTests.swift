import Testing

@testable import SluiceAgentClient

@Suite("How long a writer waits, as the agent is told")
struct DeadlineTests {
  @Test(
    "in whole milliseconds, and never less than none",
    arguments: [
      (.seconds(60), 60_000), (.milliseconds(1), 1), (.microseconds(1_999), 1),
      (.microseconds(999), 0), (.zero, 0), (.milliseconds(-1), 0), (.seconds(-5), 0),
    ] as [(Duration, Int64)])
  func milliseconds(_ duration: Duration, _ milliseconds: Int64) {
    #expect(duration.milliseconds == milliseconds)
  }
}
