import SluiceCore
import SluiceJudge
import Testing
import SluiceSystem

@Suite("The limit judge")
struct LimitJudgeTests {
  let limits = JudgeLimits(
    minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
    progressMilliseconds: 60_000)

  /// `canary` and `stable` are sessions, errors among them, and the latency of each, in four strata.
  func judge(
    canary: (sessions: Int, errors: Int, latency: Int64),
    stable: (sessions: Int, errors: Int, latency: Int64)
  ) -> Assessment {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var strata = Array(repeating: Stratum(generation: 7), count: 4)
    for (arm, tally) in [(Arm.canary, canary), (.stable, stable)] {
      for index in 0..<tally.sessions {
        let spread = Int64(index % 20) * tally.latency / 40
        strata[index % 4].count(
          record(arm, status: index < tally.errors ? 502 : 200, latency: tally.latency + spread))
      }
    }
    for stratum in strata { judge.observe(stratum) }
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

  @Test("errors that lie above the stable arm's by just the margin do not fail, a little more do")
  func margin() {
    // Two points: 20 of 1,000, and so many that chance does not explain them.
    #expect(judge(canary: (50_000, 1_000, 100), stable: (50_000, 0, 100)).verdict != .fail)
    #expect(judge(canary: (50_000, 1_001, 100), stable: (50_000, 0, 100)).verdict == .fail)
  }

  @Test("like a stable arm passes")
  func pass() {
    let assessment = judge(canary: (60, 0, 100), stable: (1_000, 3, 100))
    #expect(assessment.verdict == .pass)
    #expect(assessment.share?.draws == 1_060)
  }

  @Test("a class of answers within its limit is not named beside the sum of all errors")
  func withinTheLimit() {
    let assessment = judge(canary: (1_000, 3, 100), stable: (1_000, 3, 100))
    #expect(assessment.verdict == .pass)
    #expect(!assessment.reasons.contains { $0.hasPrefix("5xx") }, "\(assessment.reasons)")
    #expect(assessment.reasons.contains { $0.hasPrefix("errors: canary 3 of 1,000") })
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

  @Test("a moment in which the canary stood still does not fail it, two do")
  func stall() {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    func tick(canaryLatency: Int64) {
      var stratum = Stratum(generation: 7)
      for index in 0..<40 {
        stratum.count(record(.stable, latency: 100 + Int64(index % 20)))
        if index < 20 { stratum.count(record(.canary, latency: canaryLatency + Int64(index))) }
      }
      judge.observe(stratum)
    }
    tick(canaryLatency: 100)
    tick(canaryLatency: 900)
    #expect(judge.assess().verdict != .fail)
    tick(canaryLatency: 900)
    #expect(judge.assess().verdict == .fail)
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
    #expect(
      assessment.canary.answers == AnswerCounts([.clientAborted: 1, .endedBySluice: 1]))
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

  @Test(
    "says how rare a healthy canary like this is, by the exact one-sided Fisher test",
    arguments: [
      // canary, errors, stable, errors: 1 in so many, computed with whole numbers in Python.
      (12, 8, 400, 1, 4_354_644_358_342), (31, 1, 600, 0, 20), (60, 5, 1_140, 4, 34_939),
      (40, 4, 2_000, 11, 6_745),
    ])
  func fisher(canary: Int, errors: Int, stable: Int, stableErrors: Int, odds: Int) throws {
    let assessment = judge(canary: (canary, errors, 100), stable: (stable, stableErrors, 100))
    let found = try #require(assessment.oddsAgainstHealthy)
    #expect(abs(Double(found) / Double(odds) - 1) < 1e-9)
  }

  /// A step of so many seconds with 60 sessions a second at a share of 5 %, latencies spread by a
  /// factor of about two either way; the number of canary sessions at which it failed.
  private func step(seed: UInt64, seconds: Int, factor: Double) -> Int? {
    var random = Seeded(state: seed)
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    for _ in 0..<seconds {
      var stratum = Stratum(generation: 7)
      for _ in 0..<60 {
        let arm: Arm = Int.random(in: 0..<100, using: &random) < 5 ? .canary : .stable
        var latency = arm == .canary ? 200 * factor : 200
        for _ in 0..<4 { latency *= Double.random(in: 0.5..<1.5, using: &random) }
        let fails = Int.random(in: 0..<1_000, using: &random) < 3
        stratum.count(record(arm, status: fails ? 502 : 200, latency: Int64(latency)))
      }
      judge.observe(stratum)
      let assessment = judge.assess()
      if assessment.verdict == .fail { return assessment.canary.sessions }
    }
    return nil
  }

  @Test("a release that is twice as slow is caught within seventy canary sessions, by median")
  func power() throws {
    let caught = (1...15).compactMap { step(seed: $0, seconds: 120, factor: 2) }.sorted()
    #expect(caught.count == 15)
    #expect(caught[7] <= 70)
  }

  @Test("a healthy release is not caught, however often one looks")
  func noFalseAlarm() {
    #expect((100...103).allSatisfy { step(seed: $0, seconds: 60, factor: 1) == nil })
  }
}

/// SplitMix64 (S. Vigna).
private struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
