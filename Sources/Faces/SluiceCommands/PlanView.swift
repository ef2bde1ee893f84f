import SluiceArguments
import SluiceCore
import SluiceStatus

/// A plan as an operator reads it.
struct PlanView {
  let figures: PlanFigures

  init(_ figures: PlanFigures) { self.figures = figures }

  func lines(style: Style) -> [String] {
    var lines = [headline(style)]
    if figures.outlook == .isThereAlready {
      return lines + ["The fleet is on \(figures.to) already: there is nothing to do."]
    }
    if !figures.blockers.isEmpty { lines += blocked(style) }
    if figures.outlook != .busy { lines += [""] + changes(style) + [""] + facts(style) }
    return lines + footer(style)
  }

  private func headline(_ style: Style) -> String {
    let ticket = figures.ticket.isEmpty ? "" : "  \(figures.ticket)"
    let title = "\(figures.from ?? "?") → \(figures.to)\(ticket)"
    let skills = figures.skills.map {
      "skills \($0.from) → \($0.to)"
        + (figures.filesChanged.map { ", \($0) files change" } ?? "")
    }
    let build = figures.openclaw.map {
      $0.from == $0.to ? "OpenClaw \($0.from) stays" : "OpenClaw \($0.from) → \($0.to)"
    }
    return style.paint(title, .strong) + "   "
      + [skills, build].compactMap(\.self).joined(separator: "; ")
  }

  private func blocked(_ style: Style) -> [String] {
    [style.paint("Blocked:", .bad)]
      + figures.blockers.flatMap { TextWrap.lines($0, width: 98) }.map { "  \($0)" }
  }

  /// What to type next.
  private func footer(_ style: Style) -> [String] {
    guard figures.blockers.isEmpty else {
      let again = figures.actions.map(\.text).joined()
      return ["", "Nothing was changed. Mend it, then:  \(again)"]
    }
    guard let digest = figures.digest else { return [] }
    let good =
      "plan \(style.paint(digest.short, .strong)) is good until the fleet changes or "
      + "\(Plan.lifetimeMilliseconds / 60_000) min pass."
    let commands = figures.actions.map { style.paint($0.text, .accent) }
    guard figures.demands.isEmpty else {
      return ["", good + "  A person has to accept that first:"] + commands.map { "  \($0)" }
    }
    return ["", good + "  Run it:  " + commands.joined()]
  }

  // MARK: What changes

  private func changes(_ style: Style) -> [String] {
    var table = TextTable(["host", "arm", "changes", "restart"])
    for move in figures.moves {
      table.add([
        StyledText(move.host.rawValue), StyledText(move.arm.rawValue), StyledText(move.changes),
        StyledText(move.restart),
      ])
    }
    let shares = figures.shares.map { "\($0)" }.joined(separator: " → ")
    let now = figures.weights.map(\.words) ?? "?"
    return table.lines(style: style).map { "  \($0)" } + [
      "  balancer (\(figures.balancerKind.rawValue))  share \(now) → \(shares), then \(now) with all "
        + "\(figures.moves.count) on \(figures.version)"
    ] + joining + unpinning
  }

  private var joining: [String] {
    figures.joining.map {
      "  tenants      \($0.tenants.joined(separator: ", ")) at \($0.share): all their sessions go "
        + "to the canary from then on"
    }
  }

  private var unpinning: [String] {
    guard !figures.unpinned.isEmpty else { return [] }
    return [
      "                      before the proof sessions are un-pinned: whoever is held to "
        + figures.unpinned.map(\.rawValue).joined(separator: ", "),
      "                      begins a new conversation on a stable gateway",
    ]
  }

  // MARK: What it takes

  private func facts(_ style: Style) -> [String] {
    var lines = wayBack(style)
    lines.append(
      "  takes        about \(Wording.duration(figures.duration.usualMilliseconds)) and the swings if "
        + "nothing is wrong; at most \(Wording.duration(figures.duration.longestMilliseconds))")
    lines += balancer
    if let signer = figures.signer {
      lines.append("  tag          signed by \(Style.escaped(signer))")
    }
    for timing in figures.timings {
      lines.append("  on \(timing.host)     \(timing.sentence), when it was last done there")
    }
    for (index, warning) in figures.warnings.enumerated() {
      let title = index == 0 ? "not in order " : "             "
      let words = TextWrap.lines(warning, width: 85)
      lines.append("  \(style.paint(title, .warning))\(words[0])")
      lines += words.dropFirst().map { Self.indent + $0 }
    }
    return lines
  }

  private var balancer: [String] {
    guard let balancer = figures.balancer else { return [] }
    func list(_ capabilities: [BalancerCapability]) -> String {
      capabilities.map(\.title).joined(separator: ", ")
    }
    let missing = balancer.cannot.isEmpty ? [] : ["cannot: \(list(balancer.cannot))"]
    let words = ["can: \(list(balancer.can))"] + missing + balancer.consequences
    return words.flatMap { TextWrap.lines($0, width: 85) }.enumerated().map { index, line in
      (index == 0 ? "  balancer     " : Self.indent) + line
    }
  }

  private func wayBack(_ style: Style) -> [String] {
    let back = figures.wayBack
    let rooms = back.rooms.map {
      "\($0.host): state \(Wording.bytes($0.stateBytes)), copies need "
        + "\(Wording.bytes($0.neededBytes)), \(Wording.bytes($0.freeBytes)) are free"
    }
    let loss = back.loss.map { StyledText($0).wrapped(to: 84).map(\.plain) } ?? []
    return ["  \(style.paint("reversible  ", back.severity.tone)) \(back.sentence)"]
      + (rooms + loss).map { Self.indent + $0 }
  }

  private static let indent = String(repeating: " ", count: 15)
}
