import SluiceCore
import SluiceLedger

/// The result of one world.
public struct WorldReport: Sendable {
  public enum End: String, Sendable, Hashable, CaseIterable {
    case completed, rolledBack = "rolled back", drilled, refused, aborted, notBegun = "not begun",
      waiting
  }

  public var seed: UInt64
  public var end: End
  public var violations: [Violation]
  /// Lines of the ledger, bytes and all; in tier 1 of a sample, and of worlds that broke.
  public var ledger: [LedgerLine]
  public var lines: Int
  public var virtualMilliseconds: Int64
  public var faults: [String: Int]
  public var controllers: Int
  public var steps: Int

  init(
    world: World, history: History, ledger: [LedgerLine], lastKnown: Promotion?, supersededEnds: Int
  ) {
    let setup = world.setup
    seed = setup.seed
    self.ledger = ledger
    virtualMilliseconds = world.now
    faults = world.counts
    controllers = world.controllers.count
    steps = world.steps
    lines = history.lines.count
    let promotion = history.replay.promotion
    end = Self.end(of: promotion)
    violations = Invariants.check(
      plan: setup.plan, history: history, effects: world.effects.effects,
      canarySessions: world.traffic.canarySessions, heldVisits: world.traffic.heldVisits,
      answers: world.traffic.answers, strays: world.traffic.returning.moves.strays,
      cuts: world.traffic.turns.cuts, tamperings: world.tamperings, deliveries: world.deliveries,
      admissions: world.admissions.found, acceptances: world.acceptances)
    violations += Invariants.checkRuns(world, history)
    let hasMoved = history.lines.contains {
      if case .intended = $0.event { true } else { false }
    }
    if setup.origin.worker == .leads, hasMoved {
      violate(18, "workers never lead", "gateways were moved while a worker was on the new release")
    }
    if let approval = setup.approval, hasMoved, promotion?.approval?.plan != approval.plan {
      violate(9, "approval", "another plan was approved than the one that was run")
    }
    if world.unrecordedRetreats > 0 {
      violate(11, "rollback is monotone", "a full disk kept the rollback from being recorded")
    }
    if supersededEnds > 0 {
      violations.append(
        Violation(number: 14, name: "one writer", what: "one that was succeeded ended as leader"))
    }
    if world.unheardLosses > 0 {
      violate(14, "one writer", "a controller went on after it was told that its lease is lost")
    }
    if world.isStuck {
      violations.append(
        Violation(
          number: 21, name: "liveness",
          what: "still \(promotion?.phase.title ?? "-") after the faults had stopped"))
    }
    // 20 and 23: what the controller believes is what its ledger says.
    if let lastKnown, lastKnown.phase.isTerminal, lastKnown != promotion {
      violations.append(
        Violation(number: 20, name: "crash equivalence", what: "the replay differs"))
    }
  }

  mutating func keep(_ ledger: [LedgerLine]) { self.ledger = ledger }

  mutating func violate(_ number: Int, _ name: String, _ what: String) {
    violations.append(Violation(number: number, name: name, what: what))
  }

  private static func end(of promotion: Promotion?) -> End {
    guard let promotion else { return .notBegun }
    guard case .concluded(let conclusion) = promotion.phase else { return .waiting }
    return switch conclusion {
    case .completed: .completed
    case .refused: .refused
    case .aborted: .aborted
    case .rolledBack: .rolledBack
    case .drilled: .drilled
    }
  }
}
