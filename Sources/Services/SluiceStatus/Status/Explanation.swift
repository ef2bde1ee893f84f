import SluiceCore
import SluiceJSON
import SluicePorts

/// Why a promotion is not moving, what its step still wants, and what can be done.
public struct Explanation: Sendable, Hashable {
  public struct Choice: Sendable, Hashable {
    public let action: NextAction
    public let meaning: String

    init(_ action: NextAction, _ meaning: String) {
      self.action = action
      self.meaning = meaning
    }
  }

  /// In a sentence or two.
  public let answer: String
  /// The sessions that the step waits for; nil when it waits for something else.
  public let evidence: EvidenceWanted?
  public let gates: [GateResult]
  public let choices: [Choice]
  /// The evidence of the gateways' run logs, beside the session log.
  public let runs: RunSummary?
  /// The last remarks on the evidence.
  public let notices: [Notice]
  /// The number of earlier remarks, which only the ledger has.
  public let earlierNotices: Int
  /// The balancer's faults; they stand first.
  public let trouble: BalancerTrouble

  /// - Parameters:
  ///   - promotion: nil: there is none.
  ///   - fault: what is wrong with the ledger.
  ///   - swings: the swings whose notices are expected.
  public init(
    _ promotion: Promotion?, sight: ControllerSight, fault: PortError? = nil, now: Moment,
    trouble: BalancerTrouble = .nothing, swings: SwingPeriods = .none
  ) {
    self.trouble = trouble
    guard let promotion, fault == nil else {
      answer = fault.map(Self.answer) ?? "There is no promotion."
      (evidence, gates, runs, notices, earlierNotices) = (nil, [], nil, [], 0)
      choices =
        fault == nil
        ? [Choice(.plan(nil), "see what a promotion would change")] : Self.choices(sight)
      return
    }
    gates = promotion.stepGates(at: now)
    runs = promotion.watch?.assessment.runs
    notices = swings.unexplained(promotion.notices)
    earlierNotices = promotion.earlierNotices
    evidence = sight == .none ? nil : EvidenceWanted(promotion, at: now)
    let standstill = promotion.standstill(sight.presence, at: now)
    answer = Self.answer(standstill, promotion, sight, at: now)
    choices = Self.choices(standstill, promotion, sight, trouble)
  }

  private static func answer(
    _ standstill: Standstill, _ promotion: Promotion, _ sight: ControllerSight, at now: Moment
  ) -> String {
    switch standstill {
    case .ended(.completed): return "Completed: all hosts run \(promotion.plan.to.tag)."
    case .ended(.refused(let reasons)):
      return "Refused: nothing moved. " + reasons.joined(separator: " ")
    case .ended(.aborted(let actor)): return "Aborted by \(actor) before anything moved."
    case .ended(.rolledBack(let cause)):
      return "Rolled back, verified on every host: \(cause.sentence)"
    case .ended(.drilled(let recovery)):
      let took = recovery.map { "; recovery took \(Wording.duration($0))" } ?? ""
      return "Drilled: the canary went to \(promotion.plan.to.tag) and back, verified on every "
        + "host\(took)."
    case .unverified(let fault):
      return "Rolled back, NOT verified: \(fault). A host that is not verified gets no traffic."
    case .controllerSilent: return "Not moving: \(sight.silent?.sentence ?? "")."
    case .noController:
      return "Not moving: no controller is at work. The ledger says how far the promotion came."
    case .stuck:
      let stuck = PromotionTrouble.stuck(promotion) ?? ""
      return stuck.prefix(1).uppercased() + stuck.dropFirst()
    case .goingBack(let cause): return "Rolling back: \(cause.sentence)"
    case .hostsSilent: return PromotionTrouble.silence(promotion, at: now) ?? ""
    case .paused: return "Not moving: a person paused the promotion."
    case .wrong(let gate): return "Not widening: \(gate.paragraph)"
    case .evidence:
      return "Not widening: holding \(promotion.weights.share) for want of evidence, not because "
        + "something is wrong."
    case .waiting(let gate):
      return "Not widening: \(gate.paragraph)" + (gate.gate == .hold ? " Nothing is wrong." : "")
    case .moving: return "Moving: \(promotion.phase.title)."
    }
  }

  private static func answer(_ fault: PortError) -> String {
    "The ledger's chain is broken: \(fault.message). \(fault.remedy ?? "")"
  }

  // MARK: What to type

  private static func choices(
    _ standstill: Standstill, _ promotion: Promotion, _ sight: ControllerSight,
    _ trouble: BalancerTrouble
  ) -> [Choice] {
    let back = Choice(.rollback, "roll back to \(promotion.plan.from.tag)")
    let hold = Choice(.pause, "hold the present step")
    let plan = NextAction.plan(promotion.plan.to.tag)
    switch standstill {
    case .ended(.completed): return [back]
    case .ended(.drilled): return [Choice(.plan(nil), "see what a promotion would change")]
    case .ended(.refused), .ended(.aborted): return [Choice(plan, "make a new plan")]
    case .ended(.rolledBack):
      return [
        Choice(.auditLog, "see what was done, and when"),
        Choice(plan, "make a new plan, when the release is mended"),
      ]
    case .unverified: return [Choice(.verify, "verify again now")]
    case .controllerSilent: return choices(sight)
    case .noController: return [Choice(.resume, "continue from there"), back]
    case .stuck(let stuck): return [Choice(.mend, PromotionTrouble.remedy(stuck))]
    case .goingBack: return [Choice(.watch, "follow the rollback")]
    case _ where promotion.isPaused: return [Choice(.resume, "continue"), back]
    case .hostsSilent:
      return [Choice(.check, "see what is wrong with the host"), hold, back]
    case .paused, .wrong, .evidence, .waiting, .moving:
      let mend = trouble.items.first.map { Choice(.mend, $0.remedy ?? $0.sentence) }
      return [
        mend ?? Choice(.wait, "nothing is wrong; the promotion continues by itself"), hold, back,
      ]
    }
  }

  /// Where only a rollback, or another process, helps.
  private static func choices(_ sight: ControllerSight) -> [Choice] {
    guard let silent = sight.silent else {
      return [Choice(.rollback, "roll back by the proven lines; Sluice keeps the file")]
    }
    return silent.actions.map { action in
      switch action {
      case .wake: Choice(action, "wake the controller: it continues")
      case .takeOver(.resume): Choice(action, "end the controller, and continue")
      default: Choice(action, "end the controller, and roll back")
      }
    }
  }
}

// The document `sluice.explain/1`.

extension Explanation {
  public var json: JSONValue {
    [
      "schema": "sluice.explain/1", "answer": .string(answer), "balancer": trouble.json,
      "evidence": evidence?.json ?? .null,
      "gates": .array(
        gates.map {
          [
            "name": .string($0.gate.rawValue), "open": .bool($0.isOpen),
            "why": .string($0.paragraph),
          ]
        }),
      "disagreements": .array((runs?.disagreements ?? []).map { .string($0) }),
      "notices": .array(notices.map { .string($0.sentence) }),
      "choices": .array(
        choices.map { ["command": .string($0.action.text), "meaning": .string($0.meaning)] }),
    ]
  }
}

extension EvidenceWanted {
  public var json: JSONValue {
    [
      "have": .integer(Int64(have)), "wanted": .integer(Int64(wanted)),
      "held_ms": .integer(heldMilliseconds),
      "left_ms": leftMilliseconds.map { .integer($0) } ?? .null,
    ]
  }
}
