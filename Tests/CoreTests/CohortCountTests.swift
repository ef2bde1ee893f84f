import SluiceCore
import SluiceJSON
import SluiceJudge
import Testing

@Suite("Where the sessions of a step's tenants went")
struct CohortCountTests {
  private func session(
    _ tenant: String?, _ arm: Arm, _ why: SessionRecord.Why = .cohort, generation: Int64 = 7
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: 0, arm: arm, why: why, generation: generation,
      host: HostName("mac-a"), status: 200, ending: "----", activeMilliseconds: 100,
      isWebSocket: false, wasRetried: false, tenant: tenant)
  }

  private func counts(_ sessions: [SessionRecord]) -> CohortCounts {
    var counts = CohortCounts()
    for session in sessions { counts.count(session) }
    return counts
  }

  @Test("a tenant's sessions count by where they went, and the balancer's own answer is none")
  func tenants() {
    let counts = counts([
      session("acme", .canary), session("acme", .stable, .draw), session("acme", .stable, .cookie),
      session("acme", .stable, .key), session("acme", .stable, .failOpen),
      session("acme", .canary, .hold), session("globex", .canary),
    ])
    #expect(
      counts.tenants == [
        "acme": .init(sessions: 5, elsewhere: 3, failedOpen: 1), "globex": .init(sessions: 1),
      ])
    #expect(counts.tenants["acme"]?.canary == 1)
    #expect(counts.others == .init())
  }

  @Test("of everybody else only new sessions count")
  func others() {
    let counts = counts([
      session(nil, .canary, .draw), session(nil, .stable, .draw), session(nil, .stable),
      session(nil, .canary, .cookie), session(nil, .stable, .key), session(nil, .stable, .failOpen),
    ])
    #expect(counts.others == .init(sessions: 3, canary: 1) && counts.tenants.isEmpty)
  }

  @Test("counts add up, and are read back as they were written")
  func sums() throws {
    var sum = counts([session("acme", .canary), session(nil, .stable, .draw)])
    sum.add(counts([session("acme", .stable, .draw), session("b", .stable, .failOpen)]))
    sum.add(counts([session(nil, .canary, .draw)]))
    #expect(
      sum
        == CohortCounts(
          tenants: [
            "acme": .init(sessions: 2, elsewhere: 1), "b": .init(sessions: 1, failedOpen: 1),
          ], others: .init(sessions: 2, canary: 1)))
    let text = String(decoding: try CanonicalJSON.bytes(sum), as: UTF8.self)
    #expect(
      text == #"{"others":{"canary":1,"sessions":2},"tenants":{"acme":{"elsewhere":1,"#
        + #""failedOpen":0,"sessions":2},"b":{"elsewhere":0,"failedOpen":1,"sessions":1}}}"#)
    let read = try CanonicalJSON.decode(
      CohortCounts.self, from: try JSONValue.parse(Array(text.utf8)))
    #expect(read == sum)
  }

  @Test("the words name the tenants with sessions elsewhere first, three of them, and the others")
  func words() {
    let one = CohortCounts(
      tenants: ["acme": .init(sessions: 412)], others: .init(sessions: 9_880))
    #expect(
      one.words(of: ["acme"], on: "1.4.2")
        == "acme: 412 of 412 sessions on 1.4.2; others: 0 of 9,880")
    let many = CohortCounts(
      tenants: [
        "a": .init(sessions: 1), "b": .init(sessions: 4, elsewhere: 1),
        "c": .init(sessions: 3, failedOpen: 2), "e": .init(sessions: 5),
      ], others: .init(sessions: 20, canary: 1))
    #expect(
      many.words(of: ["a", "b", "c", "d", "e"], on: "2.0.0")
        == "b: 3 of 4 sessions on 2.0.0; c: 1 of 3 (2 failed open); a: 1 of 1; "
        + "2 more tenants: 5 of 5; others: 1 of 20")
    #expect(
      many.words(of: ["d"], on: "2.0.0") == "d: no session yet; others: 1 of 20")
  }

  @Test("the judge counts the sessions of its step only, and without a tenant says nothing")
  func judge() {
    let limits = JudgeLimits(
      minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
      progressMilliseconds: 60_000)
    var judge = LimitJudge()
    judge.begin(generation: 7, limits: limits)
    func observe(_ sessions: [SessionRecord], generation: Int64) {
      var stratum = Stratum(generation: generation)
      for session in sessions { stratum.count(session) }
      judge.observe(stratum)
    }
    observe([session(nil, .stable, .draw)], generation: 7)
    #expect(judge.assess().cohorts == nil)
    // A socket of acme that began before the step, on a stable gateway.
    observe([session("acme", .stable, .draw, generation: 6)], generation: 6)
    observe([session("acme", .canary), session("acme", .canary)], generation: 7)
    #expect(
      judge.assess().cohorts
        == CohortCounts(tenants: ["acme": .init(sessions: 2)], others: .init(sessions: 1)))
  }

  @Test("a session that is no evidence of the release still counts for where it went")
  func withoutVote() {
    var stratum = Stratum(generation: 7)
    stratum.count(session("acme", .stable, .draw), votes: false)
    #expect(stratum.stable.sessions == 0)
    #expect(stratum.cohorts.tenants["acme"]?.elsewhere == 1)
  }
}
