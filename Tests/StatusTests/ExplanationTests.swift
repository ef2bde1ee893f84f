import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("Why it is not moving")
struct ExplanationTests {
  private static let back = "roll back to v1.4.1"

  @Test("evidence that is wanted is not something wrong: how much there is, and to wait")
  func evidence() async throws {
    let (promotion, now) = try Worlds.promotion(try await Worlds.ledger()) {
      $0.phase == .ramping(0) && ($0.watch?.assessment.wanted ?? 0) > 0
    }
    let found = Explanation(promotion, sight: Worlds.atWork, now: now)
    #expect(found.answer.contains("for want of evidence, not because something is wrong"))
    #expect(found.evidence?.wanted == promotion.watch?.assessment.wanted)
    #expect(found.choices.map(\.action) == [.wait, .pause, .rollback])
    #expect(found.gates.contains { $0.gate == .verdict && !$0.isOpen })
    // Nobody is at work: no evidence comes to be wanted.
    let alone = Explanation(promotion, sight: .none, now: now)
    #expect(alone.evidence == nil && alone.choices.map(\.action) == [.resume, .rollback])
  }

  @Test("each standstill has its answer and its commands")
  func standstills() async throws {
    let (promotion, now) = try await Worlds.ramping()
    func choices(_ promotion: Promotion, _ sight: ControllerSight = Worlds.atWork) -> [NextAction] {
      Explanation(promotion, sight: sight, now: now).choices.map(\.action)
    }
    #expect(choices(Worlds.asked(.pause, promotion, at: now)) == [.resume, .rollback])
    #expect(choices(Worlds.asked(.rollBack, promotion, at: now)) == [.watch])
    let silent = SilentController(holder: "process 7", process: 7, isStopped: false)
    #expect(
      choices(promotion, .silent(silent)) == [.wake(7), .takeOver(.rollback), .takeOver(.resume)])
    let (done, _) = try Worlds.promotion(try await Worlds.ledger()) { $0.phase.isTerminal }
    #expect(choices(done) == [.rollback])
    let (bad, _) = try Worlds.promotion(try await Worlds.ledger(Worlds.bad)) { $0.phase.isTerminal }
    #expect(choices(bad) == [.auditLog, .plan("v1.4.2")])
  }

  @Test("a balancer in trouble is what to mend, and waiting is not said to be fine")
  func trouble() async throws {
    let (promotion, now) = try await Worlds.ramping()
    let door = DoorSight(
      wasEverStarted: true, hasProcess: false, isStopped: false, keeper: .none)
    let trouble = BalancerTrouble(
      balancer: .failure(PortError(.unreachable, "HAProxy does not answer")), door: door,
      fleet: promotion.plan.fleet)
    #expect(trouble.items.map(\.severity) == [.bad, .warning])
    let found = Explanation(promotion, sight: Worlds.atWork, now: now, trouble: trouble)
    #expect(found.choices.first?.action == .mend)
    #expect(found.choices.first?.meaning == "sluice balancer start")
  }

  @Test("without a promotion, and with a ledger that does not add up")
  func none() {
    let now = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
    let none = Explanation(nil, sight: .none, now: now)
    #expect(
      none.json.canonicalText
        == #"{"answer":"There is no promotion.","balancer":[],"choices":[{"command":"sluice plan TAG","#
        + #""meaning":"see what a promotion would change"}],"disagreements":[],"evidence":null,"gates":[],"#
        + #""notices":[],"schema":"sluice.explain/1"}"#)
    let fault = PortError(.altered, "line 7 is wrong", remedy: "Back.")
    let broken = Explanation(nil, sight: .none, fault: fault, now: now)
    #expect(broken.answer == "The ledger's chain is broken: line 7 is wrong. Back.")
    #expect(broken.choices.map(\.action) == [.rollback])
  }

  @Test("a take-over names the verb that takes over")
  func actions() {
    #expect(NextAction.takeOver(.resume).text == "sluice resume --take-over")
  }
}
