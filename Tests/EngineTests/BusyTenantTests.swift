import SluiceCore
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import Testing

@testable import SluiceEngine

/// The controller tells the agents which tenants had sessions in the last interval.
@Suite("Busy tenants, from the session log to the agents")
struct BusyTenantTests {
  private func session(_ caller: SessionRecord.Caller?, at assigned: Int64) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: 1, assignedMilliseconds: assigned, arm: .stable, why: .draw,
      generation: 1, host: nil, status: 200, ending: "----", activeMilliseconds: 0,
      isWebSocket: false, wasRetried: false, caller: caller)
  }

  private func moment(_ milliseconds: Int64) -> Moment {
    Moment(wallMilliseconds: milliseconds, monotonicMilliseconds: milliseconds, boot: "b")
  }

  /// The questions of an assessment an interval after the reading began, with this batch in between.
  private func asked(_ batch: EvidenceBatch) async throws -> [HostName: HostQuestion] {
    let plan = try await Examples.plan(Examples.world(), to: "1.4.2")
    let interval = plan.fleet.probe.doctorMilliseconds
    var session = try Session.begin(
      PromotionID(rawValue: "p1"), plan: FrozenPlan(plan), approval: nil, actor: "ana",
      ticket: "OPS-1", after: Replay(),
      evidence: Evidence(judge: LimitJudge(), runJudge: LimitJudge()), at: moment(0))
    while let effect = session.next(at: moment(0)) {
      switch effect {
      case .append: session.take(.appended(.success(())), at: moment(0))
      case .listen: session.take(.listening(.success(())), at: moment(0))
      case .ask, .tell, .end: break
      }
    }
    session.take(.heard(batch), at: moment(10_000))
    let order = Order(
      id: OperationID(rawValue: "p1/9"), command: .assess(generation: 1, afterMilliseconds: 1))
    let now = moment(interval + 5_000)
    session.start(order, at: now)
    session.take(.answered(order.id, .pause, .success(.awake)), at: now)
    var questions: [HostName: HostQuestion] = [:]
    while let effect = session.next(at: now) {
      if case .ask(order.id, .host(let host), .query(let asked, let question, _)) = effect {
        #expect(host == asked)
        questions[host] = question
      }
    }
    return questions
  }

  @Test("an assessment tells every gateway who had traffic")
  func told() async throws {
    let questions = try await asked(
      EvidenceBatch(sessions: [
        session(.tenant("globex"), at: 9_000), session(.tenant("acme"), at: 9_500),
        session(.nobody, at: 9_700),
      ]))
    let fleet = Examples.fleet()
    #expect(Set(questions.keys) == Set(fleet.gateways.map(\.name)))
    let busy = BusyTenants(
      names: ["acme", "globex"], withinMilliseconds: fleet.probe.doctorMilliseconds)
    for question in questions.values { #expect(question == .probe(busy: busy)) }
  }

  @Test("a log that cannot tell, or lost lines, tell nothing")
  func untold() async throws {
    var cut = EvidenceBatch(sessions: [session(.tenant("acme"), at: 9_000)])
    cut.lost = 1
    var flooded = EvidenceBatch(sessions: [session(.tenant("acme"), at: 9_000)])
    flooded.hidesSessions = true
    let nameless = EvidenceBatch(sessions: [session(nil, at: 9_000)])
    for batch in [cut, flooded, nameless, EvidenceBatch(sessions: [])] {
      let questions = try await asked(batch)
      #expect(!questions.isEmpty && questions.values.allSatisfy { $0 == .probe() })
    }
  }

  @Test("rows of run logs that are missing say nothing about the session log")
  func runs() {
    var evidence = Evidence(judge: LimitJudge(), runJudge: LimitJudge())
    evidence.beginTraffic(within: 1_000, at: 0)
    evidence.take(
      EvidenceBatch(sessions: [session(.tenant("acme"), at: 5_000)]), now: 5_000)
    let row = RunRow(
      sequence: 1, occurredMilliseconds: 1, status: .started, run: "r", session: nil, isOwn: false,
      event: "e")
    var batch = EvidenceBatch(sessions: [], runs: [HostRun(host: HostName("mac-a"), row: row)])
    batch.lost = 1
    evidence.take(batch, now: 5_100)
    #expect(evidence.busyTenants(at: 5_500)?.names == ["acme"])
  }

  @Test("more tenants than are told: a remark, once")
  func crowd() {
    var evidence = Evidence(judge: LimitJudge(), runJudge: LimitJudge())
    evidence.beginTraffic(within: 10_000, at: 0)
    let many = (0...BusyTenants.most).map { session(.tenant("t\($0)"), at: 20_000) }
    var remarks: [String] = []
    for now: Int64 in [20_000, 20_100] {
      evidence.take(EvidenceBatch(sessions: many), now: now)
      let found = evidence.assess(
        generation: 1, limits: Examples.fleet().judge, now: now
      ).notices
      remarks += (found ?? []).map(\.text)
    }
    #expect(
      remarks == ["more than 512 tenants had sessions in 10 s: the agents judge every tenant"])
    #expect(evidence.busyTenants(at: 20_200) == nil)
  }
}
