import SluiceCore
import SluiceJudge
import Testing

@Suite("What people got is what is judged")
struct AnswerJudgingTests {
  let limits = JudgeLimits(
    minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
    progressMilliseconds: 60_000)

  /// How many sessions of an arm got what, and how long each took.
  struct Got {
    var status: Int
    var ending = "----"
    var count: Int
    var latency: Int64 = 100

    init(_ status: Int, _ count: Int, ending: String = "----", latency: Int64 = 100) {
      self.status = status
      self.count = count
      self.ending = ending
      self.latency = latency
    }
  }

  func judge(canary: [Got], stable: [Got]) -> Assessment {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    for stratum in strata(canary: canary, stable: stable) { judge.observe(stratum) }
    return judge.assess()
  }

  private func strata(canary: [Got], stable: [Got]) -> [Stratum] {
    var strata = Array(repeating: Stratum(generation: 7), count: 4)
    for (arm, groups) in [(Arm.canary, canary), (.stable, stable)] {
      for group in groups {
        for index in 0..<group.count {
          strata[index % 4].count(
            SessionRecord(
              process: 1, sequence: 1, assignedMilliseconds: 0, arm: arm, why: .draw,
              generation: 7, host: HostName("mac-a"), status: group.status, ending: group.ending,
              activeMilliseconds: group.latency + Int64(index % 20) * group.latency / 40,
              isWebSocket: group.status == 101, wasRetried: false))
        }
      }
    }
    return strata
  }

  @Test("a canary on which every request got 401 fails, and says so")
  func refusedToken() {
    let assessment = judge(canary: [Got(401, 868)], stable: [Got(200, 9_120)])
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons == ["401/403: canary 868 of 868 sessions, stable 0 of 9,120."])
    #expect(assessment.canary.answers == AnswerCounts([.refused: 868]))
    #expect(assessment.canary.errors == 868 && assessment.canary.good == 0)
  }

  @Test(
    "every class of answer that is clearly more frequent on the canary fails by its name",
    arguments: [
      (Got(401, 12), "401/403"), (Got(403, 12), "401/403"), (Got(429, 12), "429"),
      (Got(404, 12), "4xx"), (Got(500, 12), "5xx"), (Got(503, 12), "5xx"),
      (Got(200, 12, ending: "SD--"), "cut"), (Got(502, 12, ending: "SH--"), "cut"),
      (Got(504, 12, ending: "sH--"), "timed out"), (Got(503, 12, ending: "SC--"), "no server"),
      (Got(101, 12, ending: "SD--"), "WebSocket broken"),
      (Got(400, 12, ending: "CH--"), "client left"),
    ])
  func everyClass(bad: Got, name: String) {
    let assessment = judge(canary: [Got(200, 48), bad], stable: [Got(200, 1_200)])
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons.first?.hasPrefix("\(name): canary 12 of 60 sessions") == true)
  }

  @Test("classes that are as frequent on both arms say nothing against the canary")
  func legitimate() {
    let canary = [
      Got(200, 40), Got(404, 30), Got(401, 20), Got(302, 6), Got(400, 8, ending: "CH--"),
    ]
    let stable = canary.map { Got($0.status, $0.count * 9, ending: $0.ending) }
    let assessment = judge(canary: canary, stable: stable)
    #expect(assessment.verdict == .pass)
    #expect(assessment.canary.good == 46)
  }

  @Test("bad answers that are of many kinds, none of them frequent, fail together")
  func scattered() {
    let bad = [401, 429, 404, 500].map { Got($0, 3) } + [Got(200, 3, ending: "SD--")]
    let assessment = judge(canary: [Got(200, 45)] + bad, stable: [Got(200, 3_000)])
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons.contains { $0.hasPrefix("errors: canary 15 of 60") })
  }

  @Test("an eviction by Sluice is never held against the canary")
  func evicted() {
    let canary = [Got(200, 40), Got(101, 40, ending: "K---"), Got(500, 40, ending: "KC--")]
    let assessment = judge(canary: canary, stable: [Got(200, 900)])
    #expect(assessment.verdict == .pass)
    #expect(assessment.canary.answers?[.endedBySluice] == 80)
  }

  @Test(
    "both arms failing alike is no pass: it holds, and says that it is not the canary's doing",
    arguments: [
      Got(503, 60), Got(401, 60), Got(200, 60, ending: "SD--"), Got(504, 60, ending: "sH--"),
    ])
  func outage(got: Got) {
    let assessment = judge(
      canary: [got], stable: [Got(got.status, 600, ending: got.ending)])
    #expect(assessment.verdict == .insufficient && assessment.isOutage == true)
    #expect(
      assessment.reasons[0].hasPrefix(
        "Both arms fail alike: this is not the canary's doing. Answered well: canary 0 of 60, "
          + "stable 0 of 600."))
  }

  @Test("where most of both arms fails, enough good sessions are no pass either")
  func halfAnOutage() {
    let assessment = judge(
      canary: [Got(200, 40), Got(503, 60)], stable: [Got(200, 400), Got(503, 600)])
    #expect(assessment.verdict == .insufficient && assessment.isOutage == true)
    #expect(assessment.wanted == 0)
  }

  @Test("pages that clients get 404 for, or scanners 401, do not hold up a fleet that serves")
  func pages() {
    let assessment = judge(
      canary: [Got(200, 31), Got(404, 500)], stable: [Got(200, 310), Got(404, 5_000)])
    #expect(assessment.verdict == .pass)
  }

  @Test("sessions that were not answered well are not the sessions that a step waits for")
  func wanted() {
    let assessment = judge(
      canary: [Got(200, 25), Got(404, 20)], stable: [Got(200, 500), Got(404, 400)])
    #expect(assessment.verdict == .insufficient && assessment.wanted == 5)
    #expect(assessment.isOutage == nil)
  }

  @Test("an outage begins at half of the sessions and ends below two fifths, not with each session")
  func noFlapping() {
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    func told(_ good: Int, _ bad: Int) -> Bool {
      for stratum in strata(
        canary: [Got(200, good), Got(503, bad)], stable: [Got(200, good * 10), Got(503, bad * 10)])
      { judge.observe(stratum) }
      return judge.assess().isOutage == true
    }
    #expect(!told(51, 49))
    #expect(told(0, 2), "51 of 102")
    #expect(told(10, 0), "51 of 112")
    #expect(told(10, 0), "51 of 122")
    #expect(!told(10, 0), "51 of 132")
    #expect(!told(0, 10), "61 of 142")
  }

  // MARK: Latency

  @Test("a stable arm that fails fast is no measure of how quick the canary must be")
  func brokenReference() {
    let assessment = judge(
      canary: [Got(200, 60, latency: 250)],
      stable: [Got(200, 400, latency: 240), Got(500, 600, latency: 4)])
    #expect(assessment.verdict == .pass)
    #expect(assessment.stable.p95.map { $0 > 300 } == true, "of good answers")
    // Even where its few good answers were quick ones.
    let quick = judge(
      canary: [Got(200, 60, latency: 250)],
      stable: [Got(200, 400, latency: 40), Got(500, 600, latency: 4)])
    #expect(quick.verdict == .pass)
    #expect(quick.reasons.contains { $0.hasPrefix("p95: not compared") })
  }

  @Test("a stable arm that answers nobody fails no canary")
  func deadReference() {
    for dead in [
      Got(500, 600, latency: 2), Got(503, 600, ending: "SC--"), Got(401, 600, latency: 1),
    ] {
      #expect(judge(canary: [Got(200, 60, latency: 250)], stable: [dead]).verdict == .pass)
    }
  }

  @Test("a canary that is slow beside a well stable arm fails, whatever fails fast on the canary")
  func slowBehindFailures() {
    let assessment = judge(
      canary: [Got(200, 60, latency: 300), Got(404, 200, latency: 1)],
      stable: [Got(200, 900, latency: 100), Got(404, 3_000, latency: 1)])
    #expect(assessment.verdict == .fail)
    #expect(assessment.reasons.first?.hasPrefix("p95: canary") == true)
  }

  @Test("a stable arm with some failures is still a measure")
  func someFailures() {
    let assessment = judge(
      canary: [Got(200, 60, latency: 300)], stable: [Got(200, 930, latency: 100), Got(500, 70)])
    #expect(assessment.verdict == .fail)
  }

  // MARK: Run logs

  @Test("runs that failed on both arms hold the step though the balancer saw good answers")
  func runsFailAlike() {
    let log = judge(canary: [Got(101, 60)], stable: [Got(101, 600)])
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    var runs = Stratum(generation: 7)
    runs.canary.answers = AnswerCounts([.runFailed: 50, .success: 10])
    runs.stable.answers = AnswerCounts([.runFailed: 500, .success: 100])
    judge.observe(runs)
    let joined = log.joined(with: judge.assess(), RunSummary())
    #expect(log.verdict == .pass)
    #expect(joined.verdict == .insufficient && joined.isOutage == true)
    #expect(joined.reasons[0].hasPrefix("by the gateways' run logs: Both arms fail alike"))
  }
}
