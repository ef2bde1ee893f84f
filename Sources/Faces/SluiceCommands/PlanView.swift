import SluiceArguments
import SluiceCore
import SluiceStatus

/// A plan as an operator reads it.
struct PlanView {
  let figures: PlanFigures

  init(_ figures: PlanFigures) { self.figures = figures }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    unfolded(width, style).flatMap { line in
      line.text.hanging(at: line.indent, width: width).map { $0.rendered(style) }
    }
  }

  /// A line before it is set: the text, and the column at which its further lines begin.
  private typealias Line = (text: StyledText, indent: Int)

  private func unfolded(_ width: Int, _ style: Style) -> [Line] {
    var lines = [headline]
    if figures.outlook == .isThereAlready {
      let text = "The fleet is on \(figures.to) already: there is nothing to do."
      return lines + [(StyledText(text), 0)]
    }
    if !figures.blockers.isEmpty { lines += blocked }
    if figures.outlook != .busy { lines += [("", 0)] + changes(width) + [("", 0)] + facts }
    return lines + footer
  }

  private var headline: Line {
    let ticket = figures.ticket.isEmpty ? "" : "  \(figures.ticket)"
    let title = "\(figures.from ?? "?") → \(figures.to)\(ticket)"
    let skills = figures.skills.map {
      "skills \($0.from) → \($0.to)"
        + (figures.filesChanged.map { ", \($0) files change" } ?? "")
    }
    let build = figures.openclaw.map {
      $0.from == $0.to ? "OpenClaw \($0.from) stays" : "OpenClaw \($0.from) → \($0.to)"
    }
    let versions = [skills, build].compactMap(\.self).joined(separator: "; ")
    return (StyledText(title, .strong) + StyledText("   \(versions)"), 2)
  }

  private var blocked: [Line] {
    let count = figures.blockers.count
    let title = count == 1 ? "Blocked, for one reason:" : "Blocked, for \(count) reasons:"
    return [(StyledText(title, .bad), 0)]
      + figures.blockers.map { (StyledText("  \($0)"), 4) }
  }

  /// The next commands.
  private var footer: [Line] {
    guard figures.blockers.isEmpty else {
      let again = figures.actions.map(\.text).joined()
      return [
        ("", 0),
        (StyledText("Nothing was changed. Mend that, then:  ") + StyledText(again, .accent), 0),
      ]
    }
    guard let digest = figures.digest else { return [] }
    let good =
      StyledText("plan ") + StyledText(digest.short, .strong)
      + StyledText(
        " is good for \(Plan.lifetimeMilliseconds / 60_000) min, unless the fleet changes.")
    let commands = figures.actions.map { StyledText($0.text, .accent) }
    guard figures.demands.isEmpty else {
      return [("", 0), (good + StyledText("  A person must approve it first:"), 0)]
        + commands.map { (StyledText("  ") + $0, 0) }
    }
    return [("", 0), (commands.reduce(good + StyledText("  Run it:  "), +), 0)]
  }

  // MARK: What changes

  private func changes(_ width: Int) -> [Line] {
    let hasZones = figures.moves.contains { $0.zone != nil }
    var table = TextTable(
      ["host", "arm"] + (hasZones ? ["zone"] : []) + ["changes", "restart"])
    for move in figures.moves {
      let place = [move.host.rawValue, move.arm.rawValue] + (hasZones ? [move.zone ?? "?"] : [])
      table.add((place + [move.changes, move.restart]).map { StyledText($0) })
    }
    let shares = figures.shares.map { "\($0)" }.joined(separator: " → ")
    let now = figures.weights.map(\.words) ?? "?"
    let rows = table.styledLines(width: width - 2).map { (StyledText("  ") + $0, 2) }
    let share =
      "\(now) → \(shares), then \(now) with all \(figures.moves.count) on \(figures.version)"
    let kind = "\(figures.balancerKind.rawValue) balancer"
    return rows + [row("share", "\(share) (\(kind))")] + joining + unpinning
  }

  private var joining: [Line] {
    figures.joining.map {
      row(
        "tenants",
        "\($0.tenants.joined(separator: ", ")) at \($0.share): all their sessions go "
          + "to the canary from then on")
    }
  }

  private var unpinning: [Line] {
    guard !figures.unpinned.isEmpty else { return [] }
    let hosts = figures.unpinned.map(\.rawValue).joined(separator: ", ")
    return [
      row(
        "un-pin",
        "before the proof, the clients of \(hosts) lose their pins: each begins a new "
          + "conversation on a stable gateway")
    ]
  }

  // MARK: What it takes

  private var facts: [Line] {
    let usual = Wording.duration(figures.duration.usualMilliseconds)
    let longest = Wording.duration(figures.duration.longestMilliseconds)
    var lines = rollback + trial
    lines.append(
      row("takes", "about \(usual) and the swings if nothing is wrong; at most \(longest)"))
    lines += balancer
    if let signer = figures.signer { lines.append(row("tag", "signed by \(signer)")) }
    for timing in figures.timings {
      lines.append(row("on \(timing.host)", "\(timing.sentence), when it was last done there"))
    }
    return lines + figures.warnings.map { row("warning", $0, .warning) }
  }

  private var balancer: [Line] {
    guard let balancer = figures.balancer else { return [] }
    func list(_ capabilities: [BalancerCapability]) -> String {
      capabilities.map(\.title).joined(separator: ", ")
    }
    let missing = balancer.cannot.isEmpty ? [] : ["cannot: \(list(balancer.cannot))"]
    let texts = ["can: \(list(balancer.can))"] + missing + balancer.consequences
    return texts.enumerated().map { row($0 == 0 ? "balancer" : "", $1) }
  }

  private var rollback: [Line] {
    let back = figures.rollback
    let rooms = back.rooms.map {
      "\($0.host): state \(Wording.bytes($0.stateBytes)), copies need "
        + "\(Wording.bytes($0.neededBytes)), \(Wording.bytes($0.freeBytes)) are free"
    }
    let loss = back.loss.map { [$0] } ?? []
    return [row("rollback", back.sentence, back.severity.tone)] + (rooms + loss).map { row("", $0) }
  }

  private var trial: [Line] {
    guard let trial = figures.trial else { return [] }
    return trial.sentences.enumerated().map {
      $0 == 0 ? row("trial", $1, trial.severity.tone) : row("", $1)
    }
  }

  private static let column = 13

  /// A title, and beside it what there is to say.
  private func row(_ title: String, _ text: String, _ tone: Tone = .plain) -> Line {
    let gap = String(repeating: " ", count: max(2, Self.column - title.count))
    return (
      StyledText("  ") + StyledText(title, tone) + StyledText(gap + text), Self.column + 2
    )
  }
}
