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
          case .intended(let order)? = try? Recording.event(of: $0)
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

  @Test("the balancer's notice of a host is expected from the swing's intent until its end")
  func expected() async throws {
    let host = HostName("mac-b")
    let (swings, begin, end) = try await swings(of: host)
    func isExpected(_ host: HostName?, at time: Int64) -> Bool {
      swings.explain(Notice(atMilliseconds: time, text: "the server is down", host: host))
    }
    #expect(isExpected(host, at: begin) && isExpected(host, at: end))
    #expect(!isExpected(host, at: begin - 1))
    // The controller reads a notice a moment after the event, and no minute after it.
    #expect(isExpected(host, at: end + 1_000))
    #expect(!isExpected(host, at: end + 60_000))
    // Another host at that time, and other remarks.
    #expect(!isExpected(HostName("mac-x"), at: begin))
    #expect(!isExpected(nil, at: begin))
    #expect(!SwingPeriods.none.explain(Notice(atMilliseconds: begin, text: "", host: host)))
  }

  @Test("status and explanation leave out what a swing explains, and keep the rest")
  func filtered() async throws {
    let (swings, begin, _) = try await swings(of: HostName("mac-b"))
    var (promotion, now) = try await Worlds.ramping()
    let order = try #require(promotion.outstanding.first { $0.command.kind == .assess })
    var watch = try #require(promotion.watch)
    watch.notices = [
      Notice(atMilliseconds: begin, text: "mac-b is up", host: HostName("mac-b")),
      Notice(atMilliseconds: begin, text: "mac-c is down", host: HostName("mac-c")),
    ]
    _ = promotion.handle(.finished(order.id, .assessed(watch)), at: now)
    #expect(promotion.notices.count == 2)
    let left = ["mac-c is down"]
    let status = PromotionStatus(
      promotion, actor: "ana", ticket: "", sight: Worlds.atWork, now: now, swings: swings)
    #expect(status.notices.map(\.text) == left)
    let explanation = Explanation(promotion, sight: Worlds.atWork, now: now, swings: swings)
    #expect(explanation.notices.map(\.text) == left)
  }

  @Test("a count of notices that were left out is shown only beside a notice")
  func counted() {
    let count = Notice(atMilliseconds: 0, text: "8 remarks before these are left out", leftOut: 8)
    let lost = Notice(atMilliseconds: 1, text: "1 lines of evidence are missing")
    #expect(SwingPeriods.none.unexplained([count]) == [])
    #expect(SwingPeriods.none.unexplained([count, lost]) == [count, lost])
  }
}
