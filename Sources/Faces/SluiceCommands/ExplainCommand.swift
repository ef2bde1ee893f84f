import SluiceArguments
import SluiceCore
import SluiceController
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
    terminal.show(
      ExplanationView(explanation).lines(style: terminal.style), json: explanation.json)
    return fault == nil ? .done : .error
  }
}

/// The answer first, then the gates, then what to type.
struct ExplanationView {
  let explanation: Explanation

  init(_ explanation: Explanation) { self.explanation = explanation }

  func lines(style: Style) -> [String] {
    var table = TextTable(["", "gate", "now"])
    for gate in explanation.gates {
      table.add([
        StyledText(
          gate.isOpen ? "open" : gate.answer == .refuses ? "NO" : "shut",
          gate.isOpen ? .good : gate.answer == .refuses ? .bad : .warning),
        StyledText(gate.gate.rawValue), StyledText(gate.cell),
      ])
    }
    var result = explanation.trouble.lines(width: 100, style: style)
    result += StyledText(explanation.answer, .strong).wrapped(to: 100).map { $0.rendered(style) }
    result += explanation.evidence?.lines.map { $0.rendered(style) } ?? []
    if !explanation.gates.isEmpty { result += table.lines(style: style).map { "  \($0)" } }
    if let runs = explanation.runs {
      result.append("The agents themselves: \(runs.sentence).")
      result += runs.disagreements.map { style.paint("  \(Style.escaped($0))", .warning) }
    }
    if !explanation.notices.isEmpty {
      result.append("Notices of the evidence")
      result += explanation.notices.map {
        style.paint("  \(Style.escaped($0.sentence))", .warning)
      }
    }
    if !explanation.choices.isEmpty {
      var options = TextTable(["type", "to"])
      for choice in explanation.choices {
        options.add([StyledText(choice.action.text, .accent), StyledText(choice.meaning, .faint)])
      }
      result += ["You can"] + options.lines(style: style).map { "  \($0)" }
    }
    return result
  }
}
