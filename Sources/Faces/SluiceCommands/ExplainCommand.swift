import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceStatus

/// `sluice explain`: why it is not moving, and what to type.
enum ExplainCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "explain", abstract: "Say why the promotion is not moving, and what can be done.",
      group: "Watch",
      examples: [Example("sluice explain", "the gates of the current step, open and shut")])
  ) { command, terminal in
    let fleet = try command.fleet()
    let (reading, fault) = try await LedgerReading.asFarAsItGoes(fleet.writer)
    async let looked = FleetLook.atDoor(fleet)
    let sight = await ControllerSight.take(fleet.writer)
    let now = SystemTime().now()
    let look = await looked
    let explanation = Explanation(
      reading.replay.promotion, sight: sight, fault: fault, now: now,
      trouble: BalancerTrouble(balancer: look.balancer, door: look.door, fleet: fleet))
    terminal.show(explanation.lines(style: terminal.style), json: explanation.json)
    return fault == nil ? .done : .error
  }
}

struct Explanation {
  let answer: String
  /// What the step waits for, when it is sessions.
  let evidence: EvidenceWanted?
  let gates: [GateResult]
  let choices: [(command: String, meaning: String)]
  /// What the gateways' ledgers say beside the balancer's log.
  let runs: RunSummary?
  /// The last remarks on the evidence.
  let notices: [Notice]
  /// What is wrong with the balancer: it stands first.
  let trouble: BalancerTrouble?

  init(
    _ promotion: Promotion?, sight: ControllerSight, fault: PortError? = nil, now: Moment,
    trouble: BalancerTrouble? = nil
  ) {
    self.trouble = trouble
    guard let promotion, fault == nil else {
      answer = fault.map(Self.answer) ?? "There is no promotion."
      evidence = nil
      gates = []
      runs = nil
      notices = []
      guard fault == nil else {
        choices = Self.choices(sight)
        return
      }
      choices = [("sluice plan TAG", "see what one would change")]
      return
    }
    gates = promotion.stepGates(at: now)
    runs = promotion.watch?.assessment.runs
    notices = promotion.notices
    evidence = sight == .none ? nil : EvidenceWanted(promotion, at: now)
    let standstill = promotion.standstill(sight.presence, at: now)
    answer = Self.answer(standstill, promotion, sight, at: now)
    choices = Self.choices(standstill, promotion, sight, trouble)
  }

  /// In a sentence or two.
  private static func answer(
    _ standstill: Standstill, _ promotion: Promotion, _ sight: ControllerSight, at now: Moment
  ) -> String {
    switch standstill {
    case .ended(.completed): return "It is done: all hosts run \(promotion.plan.to.tag)."
    case .ended(.refused(let reasons)):
      return "Nothing was moved. " + reasons.joined(separator: " ")
    case .ended(.aborted(let actor)): return "\(actor) gave it up before anything was moved."
    case .ended(.rolledBack(let cause)):
      return "It was rolled back, verified on every host: \(cause.sentence)"
    case .unverified(let fault):
      return "Rolled back, NOT verified: \(fault). What is not verified gets no traffic."
    case .controllerSilent: return "Not moving: \(sight.silent?.sentence ?? "")."
    case .noController:
      return "Not moving: no controller is at work on it. The ledger says how far it came."
    case .stuck:
      let stuck = PromotionTrouble.stuck(promotion) ?? ""
      return stuck.prefix(1).uppercased() + stuck.dropFirst()
    case .goingBack(let cause): return "Rolling back: \(cause.sentence)"
    case .hostsSilent: return PromotionTrouble.silence(promotion, at: now) ?? ""
    case .paused: return "Not moving: a person paused it."
    case .wrong(let gate): return "Not widening: \(gate.paragraph)"
    case .evidence:
      return "Not widening: holding \(promotion.weights.share) for want of evidence, not because "
        + "something is wrong."
    case .waiting(let gate):
      return "Not widening: \(gate.paragraph)" + (gate.gate == .hold ? " Nothing is wrong." : "")
    case .moving: return "Moving: \(promotion.phase.title)."
    }
  }

  /// What to type.
  private static func choices(
    _ standstill: Standstill, _ promotion: Promotion, _ sight: ControllerSight,
    _ trouble: BalancerTrouble?
  ) -> [(command: String, meaning: String)] {
    let back = ("sluice rollback", "back to \(promotion.plan.from.tag)")
    let plan = "sluice plan \(promotion.plan.to.tag)"
    switch standstill {
    case .ended(.completed): return [back]
    case .ended(.refused), .ended(.aborted): return [(plan, "read the fleet again")]
    case .ended(.rolledBack):
      return [
        ("sluice audit log", "what was done, and when"),
        (plan, "read the fleet again, once it is mended"),
      ]
    case .unverified: return [("sluice rollback --verify", "try again now")]
    case .controllerSilent: return choices(sight)
    case .noController: return [("sluice resume", "go on from there"), back]
    case .stuck(let stuck): return [("mend it", PromotionTrouble.remedy(stuck))]
    case .goingBack: return [("sluice status --watch", "see it")]
    case _ where promotion.isPaused: return [("sluice resume", "go on"), back]
    case .hostsSilent:
      return [
        ("sluice check", "see what is wrong with the host"), ("sluice pause", "hold it here"), back,
      ]
    case .paused, .wrong, .evidence, .waiting, .moving:
      let mend = trouble?.items.first.map { ("mend it", $0.remedy ?? $0.sentence) }
      return [
        mend ?? ("wait", "nothing is wrong with waiting"), ("sluice pause", "hold it here"), back,
      ]
    }
  }

  private static func answer(_ fault: PortError) -> String {
    "The ledger does not add up: \(fault.message). \(fault.remedy ?? "")"
  }

  /// Where only a way back, or another process, helps.
  private static func choices(_ sight: ControllerSight) -> [(command: String, meaning: String)] {
    guard let silent = sight.silent else {
      return [("sluice rollback", "back, on what is proven; the ledger is kept as evidence")]
    }
    let wake = silent.process.map { [("kill -CONT \($0.pid)", "wake it: it goes on")] } ?? []
    return wake + [
      ("sluice rollback --take-over", "end it, and go back"),
      ("sluice resume --take-over", "end it, and go on"),
    ]
  }

  func lines(style: Style) -> [String] {
    var table = TextTable(["", "gate", "now"])
    for gate in gates {
      table.add([
        StyledText(
          gate.isOpen ? "open" : gate.answer == .refuses ? "NO" : "shut",
          gate.isOpen ? .good : gate.answer == .refuses ? .bad : .warning),
        StyledText(gate.gate.rawValue), StyledText(gate.cell),
      ])
    }
    var result = trouble?.lines(width: 100, style: style) ?? []
    result += StyledText(answer, .strong).wrapped(to: 100).map { $0.rendered(style) }
    result += evidence?.lines.map { $0.rendered(style) } ?? []
    if !gates.isEmpty { result += table.lines(style: style).map { "  \($0)" } }
    if let runs {
      result.append("The agents themselves: \(PromotionView.sentence(runs)).")
      result += runs.disagreements.map { style.paint("  \(Style.escaped($0))", .warning) }
    }
    if !notices.isEmpty {
      result.append("Notices of the evidence")
      result += notices.map {
        style.paint("  \(Style.escaped(PromotionTrouble.text($0)))", .warning)
      }
    }
    if !choices.isEmpty {
      var options = TextTable(["type", "to"])
      for choice in choices {
        options.add([StyledText(choice.command, .accent), StyledText(choice.meaning, .faint)])
      }
      result += ["You can"] + options.lines(style: style).map { "  \($0)" }
    }
    return result
  }

  var json: JSONValue {
    [
      "schema": "sluice.explain/1", "answer": .string(answer),
      "balancer": trouble?.json ?? .array([]),
      "evidence": evidence?.json ?? .null,
      "gates": .array(
        gates.map {
          [
            "name": .string($0.gate.rawValue), "open": .bool($0.isOpen),
            "why": .string($0.paragraph),
          ]
        }),
      "disagreements": .array((runs?.disagreements ?? []).map { .string($0) }),
      "notices": .array(notices.map { .string(PromotionTrouble.text($0)) }),
      "choices": .array(
        choices.map { ["command": .string($0.command), "meaning": .string($0.meaning)] }),
    ]
  }
}
