import SluiceCore
import Testing

@testable import SluiceRehearsal

@Suite("The drill of strangers")
struct StrangersSummaryTests {
  private func report(
    _ stranger: Stranger = .flood, _ ending: ActReport.Ending = .completed, lost: Int = 0,
    named: [String] = ["a flood: one source"]
  ) -> StrangerReport {
    var count = StrangerCount()
    for number in 0..<20 { count.take(401, arm: number == 0 ? .canary : .stable) }
    count.take(0, arm: nil)
    return StrangerReport(
      stranger: stranger, count: count, ending: ending, reason: "rolled back: share",
      steps: [], voted: 40, named: named, sessions: 900, lost: lost)
  }

  @Test("a release that did not complete, a session that was lost, a flood without a name: wrong")
  func faults() {
    #expect(report().faults.isEmpty)
    #expect(report(.flood, .rolledBack).faults == ["it did not complete: rolled back: share"])
    #expect(report(lost: 2).faults == ["2 sessions of others were lost"])
    #expect(report(named: []).faults == ["nobody named the flood"])
    #expect(report(.veto, named: []).faults.isEmpty, "two dozen slow clients are no flood")
    let nobody = StrangerReport(
      stranger: .veto, count: StrangerCount(), ending: .completed, reason: "", steps: [], voted: 0,
      named: [], sessions: 1, lost: 0)
    #expect(nobody.faults == ["the stranger reached no gateway"])
  }

  @Test("the summary says what the stranger got, and whether he decided anything")
  func summary() {
    let summary = StrangersSummary(reports: [report(), report(.veto, .rolledBack)])
    #expect(!summary.isAsIntended && !StrangersSummary(reports: []).isAsIntended)
    #expect(summary.wrong.map(\.stranger) == [.veto])
    #expect(summary.lines[0].contains("1 x no answer, 20 x 401; 1 of 20 on the canary"))
    #expect(summary.lines.last == "strangers   2: 1 decided nothing, 1 wrong")
  }
}
