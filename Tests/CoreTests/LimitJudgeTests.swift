import SluiceCore
import SluiceJudge
import Testing

@Suite("The limit judge")
struct LimitJudgeTests {
  let limits = JudgeLimits(
    minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
    progressMilliseconds: 60_000)

  /// `canary` and `stable` are sessions, errors among them, and the latency of each.
  func judge(
    canary: (sessions: Int, errors: Int, latency: Int64),
    stable: (sessions: Int, errors: Int, latency: Int64)
  ) -> Assessment {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var stratum = Stratum(generation: 7)
    for (arm, tally) in [(Arm.canary, canary), (.stable, stable)] {
      for index in 0..<tally.sessions {
        let spread = Int64(index % 20) * tally.latency / 40
        stratum.count(
          record(arm, status: index < tally.errors ? 502 : 200, latency: tally.latency + spread))
      }
    }
    judge.observe(stratum)
    return judge.assess()
  }

  func record(
    _ arm: Arm, status: Int = 200, ending: String = "----", latency: Int64 = 100,
    why: SessionRecord.Why = .draw, generation: Int64 = 7
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: 0, arm: arm, why: why,
      generation: generation, host: nil, status: status, ending: ending,
      activeMilliseconds: latency, isWebSocket: false, wasRetried: false)
  }

  @Test("like a stable arm passes")
  func pass() {
    let assessment = judge(canary: (60, 0, 100), stable: (1_000, 3, 100))
    #expect(assessment.verdict == .pass)
    #expect(assessment.share?.draws == 1_060)
  }

  @Test("no data is not a pass")
  func noData() {
    var judge = LimitJudge()
    judge.begin(generation: 1, limits: limits)
    #expect(judge.assess().verdict == .insufficient)
    #expect(judge.assess().wanted == 30)
  }

  @Test("fewer canary sessions than asked for are insufficient, and say how many are missing")
  func tooFew() {
    let assessment = judge(canary: (12, 0, 100), stable: (1_000, 3, 100))
    #expect(assessment.verdict == .insufficient)
    #expect(assessment.wanted == 18)
  }

  @Test("without a stable arm to compare with, nothing passes")
  func noStable() {
    #expect(judge(canary: (100, 0, 100), stable: (0, 0, 100)).verdict == .insufficient)
  }

  @Test("many errors fail even before the minimum of sessions")
  func errorsEarly() {
    let assessment = judge(canary: (12, 8, 100), stable: (400, 1, 100))
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons.first?.contains("8 of 12") == true)
  }

  @Test("one unlucky session does not fail a canary")
  func oneError() {
    let assessment = judge(canary: (31, 1, 100), stable: (600, 0, 100))
    #expect(assessment.verdict == .degraded)
  }

  @Test("twice as slow fails on the 95th percentile")
  func slow() {
    let assessment = judge(canary: (40, 0, 210), stable: (800, 0, 100))
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons.first?.contains("p95") == true)
  }

  @Test("who left by himself, was evicted or held says nothing about a release")
  func fromOutside() {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var stratum = Stratum(generation: 7)
    stratum.count(record(.canary, status: 400, ending: "CH--"))
    stratum.count(record(.canary, status: 500, ending: "KC--"))
    stratum.count(record(.canary, status: 503, ending: "LR--", why: .hold))
    stratum.count(record(.stable, why: .failOpen))
    judge.observe(stratum)
    let assessment = judge.assess()
    #expect(assessment.canary.sessions == 0)
    #expect(assessment.stable.sessions == 0)
    #expect(assessment.held == 1)
  }

  @Test("the measured share counts draws only")
  func drawsOnly() throws {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var stratum = Stratum(generation: 7)
    for index in 0..<100 { stratum.count(record(index < 20 ? .canary : .stable)) }
    for _ in 0..<50 { stratum.count(record(.canary, why: .cohort)) }
    for _ in 0..<50 { stratum.count(record(.canary, why: .key)) }
    judge.observe(stratum)
    let share = try #require(judge.assess().share)
    #expect(share.canaryDraws == 20)
    #expect(share.draws == 100)
    #expect(share.estimate == 2_000)
    // Wilson's interval for 20 of 100 at 95 %: 13.3 to 28.9 per cent.
    #expect(share.low == 1_333)
    #expect(share.high == 2_889)
  }

  @Test("evidence of another generation is not counted")
  func otherGeneration() {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var stratum = Stratum(generation: 6)
    stratum.count(record(.canary, generation: 6))
    judge.observe(stratum)
    #expect(judge.assess().canary.sessions == 0)
  }
}
