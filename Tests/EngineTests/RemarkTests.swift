import SluiceCore
import SluiceJudge
import SluicePorts
import Testing

@testable import SluiceEngine

@Suite("Remarks on the evidence")
struct RemarkTests {
  private let limits = JudgeLimits(
    minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
    progressMilliseconds: 60_000)

  private func remarks(_ batches: [EvidenceBatch]) -> [[String]?] {
    var evidence = Evidence(judge: LimitJudge(), runJudge: LimitJudge())
    return batches.map { batch in
      evidence.take(batch, now: 1_000)
      return evidence.assess(generation: 1, limits: limits, now: 1_000).notices?.map(\.text)
    }
  }

  @Test("lines that are missing are counted; without any nothing is said, and each is said once")
  func missing() {
    var cut = EvidenceBatch(sessions: [])
    cut.lost = 1
    let whole = EvidenceBatch(sessions: [])
    #expect(remarks([whole, cut, whole]) == [nil, ["1 lines of evidence are missing"], nil])
  }

  @Test(
    "of many remarks between two assessments the newest four are kept, each of bounded length, and the others are counted"
  )
  func newest() throws {
    let batch = EvidenceBatch(
      sessions: [],
      notices: (1...7).map {
        EvidenceNotice("\($0)" + String(repeating: "x", count: 500))
      })
    let texts = try #require(remarks([batch])[0])
    #expect(texts.first == "3 remarks before these are left out")
    #expect(texts.dropFirst().map { $0.prefix(2) } == ["4x", "5x", "6x", "7x"])
    #expect(texts.allSatisfy { $0.count <= 200 })
  }
}
