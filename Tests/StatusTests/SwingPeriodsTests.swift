import SluiceCore
import SluiceLedger
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("Notices that a swing explains")
struct SwingPeriodsTests {
  /// The swings of a good release, and when the ledger began and ended the first swing of a host.
  private func swings(of host: HostName) async throws
    -> (periods: SwingPeriods, begin: Int64, end: Int64)
  {
    let entries = try await Worlds.ledger()
    let reading = try await LedgerReading.load(FixedLedger(entries: entries))
    let intent = try #require(
      entries.first {
        guard $0.kind == .intended(.swing),
          case .intended(let order)? = try? Recording.observation(of: $0)
        else { return false }
        return order.command.host == host
      })
    let done = try #require(
      entries.first { $0.kind == .done(.swing) && $0.operation == intent.operation })
    return (
      reading.swings, try #require(intent.moment?.wallMilliseconds),
      try #require(done.moment?.wallMilliseconds)
    )
  }

  @Test(
    "HAProxy's word of a server is expected from the swing's intent until it was given back",
    arguments: [
      "is DOWN, changed from CLI. 1 active and 0 backup servers left.",
      "remains in forced drain mode.", "is UP (leaving forced drain).",
    ])
  func expected(words: String) async throws {
    let host = HostName("mac-b")
    let (swings, begin, end) = try await swings(of: host)
    func isExpected(_ text: String, at time: Int64) -> Bool {
      swings.explain(Notice(atMilliseconds: time, text: text))
    }
    let text = "Server arm_stable/mac-b \(words)"
    #expect(isExpected(text, at: begin) && isExpected(text, at: end))
    #expect(!isExpected(text, at: begin - 1))
    // The controller reads a notice a moment after the event, and no minute after it.
    #expect(isExpected(text, at: end + 1_000))
    #expect(!isExpected(text, at: end + 60_000))
    // Another server at that time, and other remarks.
    #expect(!isExpected("Server arm_stable/mac-x \(words)", at: begin))
    #expect(!isExpected("12 lines of evidence are missing", at: begin))
    #expect(!SwingPeriods.none.explain(Notice(atMilliseconds: begin, text: text)))
  }

  @Test("status and explanation leave out what a swing explains, and keep the rest")
  func filtered() async throws {
    let (swings, begin, _) = try await swings(of: HostName("mac-b"))
    var (promotion, now) = try await Worlds.ramping()
    let order = try #require(promotion.outstanding.first { $0.command.kind == .assess })
    var watch = try #require(promotion.watch)
    watch.notices = [
      Notice(atMilliseconds: begin, text: "Server arm_stable/mac-b is UP, reason: passed."),
      Notice(atMilliseconds: begin, text: "Server arm_stable/mac-c is DOWN, reason: timeout."),
    ]
    _ = promotion.handle(.finished(order.id, .assessed(watch)), at: now)
    #expect(promotion.notices.count == 2)
    let left = ["Server arm_stable/mac-c is DOWN, reason: timeout."]
    let status = PromotionStatus(
      promotion, actor: "ana", ticket: "", sight: Worlds.atWork, now: now, swings: swings)
    #expect(status.notices.map(\.text) == left)
    let explanation = Explanation(promotion, sight: Worlds.atWork, now: now, swings: swings)
    #expect(explanation.notices.map(\.text) == left)
  }
}
