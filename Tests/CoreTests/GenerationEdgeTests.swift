import SluiceCore
import Testing

@Suite("Runs at the edge of a generation")
struct GenerationEdgeTests {
  private static let canary = HostName("mac-a")

  private func session(generation: Int64, at milliseconds: Int64) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: milliseconds, assignedMilliseconds: milliseconds, arm: .canary,
      why: .draw, generation: generation, host: Self.canary, status: 200, ending: "----",
      activeMilliseconds: 5, isWebSocket: false, wasRetried: false)
  }

  private func row(_ run: String, _ status: RunRow.Status, at milliseconds: Int64) -> HostRun {
    HostRun(
      host: Self.canary,
      row: RunRow(
        sequence: milliseconds, occurredMilliseconds: milliseconds, status: status, run: run,
        session: nil, isOwn: false, event: "\(run)\(status)"))
  }

  @Test("a run that begins in the first millisecond of a generation belongs to it alone")
  func first() {
    var book = RunTracker(arms: [Self.canary: .canary])
    book.take(session(generation: 7, at: 1_000))
    book.take(session(generation: 8, at: 5_000))
    book.take(
      [
        row("seven", .started, at: 1_000), row("seven", .succeeded, at: 1_001),
        row("last", .started, at: 4_999), row("last", .succeeded, at: 6_000),
        row("eight", .started, at: 5_000), row("eight", .failed, at: 6_000),
      ], lost: 0)
    let seven = book.concluded(generation: 7, bound: 600_000).canary
    #expect(seven.sessions == 2 && seven.errors == 0)
    let eight = book.concluded(generation: 8, bound: 600_000).canary
    #expect(eight.sessions == 1 && eight.errors == 1)
  }
}
