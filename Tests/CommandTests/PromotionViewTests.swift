import SluiceArguments
import SluiceCore
import SluiceController
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@testable import SluiceCommands

@Suite("What an operator reads")
struct PromotionViewTests {
  /// A promotion that a simulated fleet came to, and the moment it came to it.
  func promotion(until reached: (Promotion) -> Bool) async throws -> (Promotion, Moment) {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    var replay = Replay()
    for entry in await world.ledger.entries {
      try replay.take(entry)
      if let promotion = replay.promotion, let moment = entry.moment, reached(promotion) {
        return (promotion, moment)
      }
    }
    throw PortError(.failed, "the promotion never came to it")
  }

  static let atWork = ControllerSight.atWork("sluice controller, process 4711 on mac-w since today")

  func text(_ promotion: Promotion, _ now: Moment, sight: ControllerSight = atWork) -> String {
    PromotionView(
      PromotionStatus(promotion, actor: "ana", ticket: "OPS-311", sight: sight, now: now)
    ).lines(style: .plain).joined(separator: "\n")
  }

  @Test("a rollback that ends the promotion before anything moved is a success")
  func endAsAskedFor() {
    let asked = PromotionShow.codeAsAskedFor
    #expect(asked(.concluded(.rolledBack(.plan))) == .done)
    #expect(asked(.concluded(.aborted(by: "ana"))) == .done)
    #expect(asked(.concluded(.refused(reasons: ["stale"]))) == .done)
    #expect(asked(.rolledBackUnverified) == .rolledBackUnverified)
    #expect(asked(.ramping(0)) == nil)
    #expect(PromotionShow.code(of: .concluded(.aborted(by: "ana"))) == .error)
  }

  @Test("status shows intended beside measured, the verdict, and what comes next")
  func ramping() async throws {
    let (promotion, now) = try await promotion { $0.phase == .ramping(1) && $0.watch != nil }
    let text = text(promotion, now)
    #expect(text.contains("v1.4.1 → v1.4.2  OPS-311"))
    #expect(text.contains("ramping 2/3   holding 20 %"))
    #expect(text.contains("intended 20.0 %   measured"))
    #expect(text.contains("mac-a  canary  ok   1.4.2"))
    #expect(text.contains("mac-b  stable  ok   1.4.1"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("without a controller, status says how to go on")
  func uncontrolled() async throws {
    let (promotion, now) = try await promotion { $0.phase == .ramping(0) && $0.watch != nil }
    #expect(text(promotion, now, sight: .none).contains("Continue:  sluice resume"))
    let explanation = Explanation(promotion, sight: .none, now: now)
    #expect(explanation.answer.contains("no controller is at work"))
    #expect(explanation.choices.map(\.action).contains(.resume))
  }

  @Test("explain names the shut gate, what it has and what it wants")
  func explain() async throws {
    let (promotion, now) = try await promotion {
      $0.phase == .ramping(0) && ($0.watch?.assessment.wanted ?? 0) > 0
    }
    let explanation = Explanation(promotion, sight: Self.atWork, now: now)
    #expect(explanation.answer.contains("for want of evidence, not because something is wrong"))
    #expect(explanation.evidence != nil)
    #expect(explanation.gates.contains { $0.gate == .verdict && !$0.isOpen })
    let text = ExplanationView(explanation).lines(style: .plain).joined(separator: "\n")
    #expect(text.contains("canary sessions") || text.contains("sessions,"))
    #expect(text.contains("need   about"))
    let evidence = try #require(explanation.evidence)
    let rate = evidence.have * 10_000 / Int(evidence.heldMilliseconds)
    let tenths = "\(Double(rate) / 10) good canary sessions/s"
    #expect(evidence.have == 0 || text.contains("rate   \(tenths)"), "\(text)")
    #expect(text.contains("sluice rollback"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("the story of a promotion fits a terminal, line by line, and is told to its end")
  func story() async throws {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    let lines = try StoryText.lines(of: await world.ledger.entries)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.contains { $0.contains("fingerprint equal to last good") })
    #expect(lines.last?.contains("COMPLETED   v1.4.2 on 3 of 3 hosts") == true)
    // The line to keep elsewhere, so that a ledger that was cut or written anew is noticed.
    let last = try #require(await world.ledger.entries.last)
    let told = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(told.contains("line \(last.n + 1), head \(try LedgerLine(last).leafHash) "))
  }

  @Test("a build's promotion is told with who approved it and where the state went")
  func build() async throws {
    let world = ExampleFleet.world(
      qualities: ["1.4.2": Quality(errorPermille: 80, latencyMilliseconds: 230)])
    let plan = try await ExampleFleet.plan(
      world, to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311",
      approval: try ExampleFleet.approval(of: plan))
    let lines = try StoryText.lines(of: await world.ledger.entries)
    let text = lines.joined(separator: "\n")
    #expect(text.contains("approved        kim: the window is agreed"))
    #expect(text.contains("mac-a proven    says 1.4.2 on OpenClaw 2026.9.6 itself"))
    #expect(text.contains("mac-a state     copied to /openclaw.sluice-p1/"))
    #expect(text.contains("put back; the newer one is kept as /openclaw.newer-p1/"))
  }
}
