import SluiceCore
import SluiceJudge
import Testing

@Suite("The measured share")
struct MeasuredShareTests {
  private func estimate(canary: Int, stable: Int) -> Int? {
    var judge = LimitJudge()
    judge.begin(
      generation: 7,
      limits: JudgeLimits(
        minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
        progressMilliseconds: 60_000))
    var stratum = Stratum(generation: 7)
    for (arm, count) in [(Arm.canary, canary), (.stable, stable)] {
      for _ in 0..<count {
        stratum.count(
          SessionRecord(
            process: 1, sequence: 1, assignedMilliseconds: 0, arm: arm, why: .draw, generation: 7,
            host: nil, status: 200, ending: "----", activeMilliseconds: 100, isWebSocket: false,
            wasRetried: false))
      }
    }
    judge.observe(stratum)
    return judge.assess().share.map(\.estimate)
  }

  @Test("a hundredth of a per cent is rounded to the nearest, a half up")
  func rounding() {
    // 1,428.57; 3,333.33; 312.5.
    #expect(estimate(canary: 1, stable: 6) == 1_429)
    #expect(estimate(canary: 1, stable: 2) == 3_333)
    #expect(estimate(canary: 1, stable: 31) == 313)
    #expect(estimate(canary: 0, stable: 7) == 0)
    #expect(estimate(canary: 7, stable: 0) == 10_000)
  }

  @Test("nothing drawn is no share")
  func nothing() { #expect(estimate(canary: 0, stable: 0) == nil) }
}
