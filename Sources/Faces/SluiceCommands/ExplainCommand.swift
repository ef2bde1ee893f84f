import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceStatus

/// `sluice explain`: says why the promotion holds, and what to type.
enum ExplainCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "explain", abstract: "Say why the promotion holds, and what you can do.",
      group: "Watch",
      examples: [
        Example("sluice explain", "show the gates of the present step, and the commands to type")
      ])
  ) { command, terminal in
    let fleet = try command.fleet()
    let (reading, fault) = try await LedgerReading.asFarAsItGoes(fleet.writer)
    async let looked = FleetAnswers.atDoor(fleet)
    let sight = await ControllerSight.take(fleet.writer)
    let now = SystemTime().now()
    let answers = await looked
    let explanation = Explanation(
      reading.replay.promotion, sight: sight, fault: fault, now: now,
      trouble: BalancerTrouble(balancer: answers.balancer, door: answers.door, fleet: fleet),
      swings: reading.swings)
    terminal.show(
      ExplanationView(explanation).lines(width: terminal.width, style: terminal.style),
      json: explanation.json)
    return fault == nil ? .done : .error
  }
}

/// The answer first, then the gates, then what to type.
struct ExplanationView {
  let explanation: Explanation

  init(_ explanation: Explanation) { self.explanation = explanation }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    func set(_ text: StyledText, at indent: Int = 0) -> [String] {
      text.hanging(at: indent, width: width).map { $0.rendered(style) }
    }
    var result = explanation.trouble.lines(width: width, style: style)
    result += set(StyledText(explanation.answer, .strong))
    result += explanation.evidence?.lines.flatMap { set($0, at: 9) } ?? []
    if !explanation.gates.isEmpty {
      result += gates.lines(width: width - 2, style: style).map { "  \($0)" }
    }
    if let runs = explanation.runs {
      result += set(StyledText("runs of OpenClaw's agents   \(runs.sentence)"), at: 2)
      result += runs.disagreements.flatMap { set(StyledText("  \($0)", .warning), at: 4) }
    }
    if !explanation.notices.isEmpty {
      result += set(
        StyledText(PromotionView.noticesTitle(earlier: explanation.earlierNotices)), at: 2)
      result += explanation.notices.flatMap {
        set(StyledText("  \($0.sentence)", .warning), at: 16)
      }
    }
    if !explanation.choices.isEmpty {
      var options = TextTable(["type", "to"])
      for choice in explanation.choices {
        options.add([StyledText(choice.action.text, .accent), StyledText(choice.meaning, .faint)])
      }
      result += ["You can"] + options.lines(width: width - 2, style: style).map { "  \($0)" }
    }
    return result
  }

  private var gates: TextTable {
    var table = TextTable(["", "gate", "now"])
    for gate in explanation.gates {
      let (word, tone): (String, Tone) =
        switch gate.answer {
        case _ where gate.isOpen: ("open", .good)
        case .refuses: ("REFUSES", .bad)
        default: ("holds", .warning)
        }
      table.add([
        StyledText(word, tone), StyledText(gate.gate.rawValue), StyledText(gate.cell),
      ])
    }
    return table
  }
}
