import SluiceArguments
import SluiceCore
import SluiceStatus

/// A promotion as an operator reads it: the answer first, then why, then what to type.
struct PromotionView {
  let status: PromotionStatus

  init(_ status: PromotionStatus) { self.status = status }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let tree = TextTree(
      headline,
      (stuck + [traffic, tenants, verdict].compactMap(\.self)).map { TextTree($0) } + runs
        + status.hosts.map { HostView($0).tree } + notices)
    return tree.lines(width: width, style: style) + footer(width)
  }

  private var headline: StyledText {
    let since = Timestamp.clockText(status.startedMilliseconds)
    let tone: Tone = status.severity == .plain ? .accent : status.severity.tone
    let ticket = status.ticket.isEmpty ? "" : "  \(status.ticket)"
    let account = status.account.map { ", account \($0)" } ?? ""
    return StyledText("\(status.from) → \(status.to)\(ticket)   ", .strong)
      + StyledText(state, tone)
      + StyledText("   by \(status.actor)\(account), since \(since) UTC", .faint)
  }

  private var state: String {
    let paused = status.isPaused ? "   PAUSED" : ""
    guard let step = status.step else { return status.phase.title + paused }
    return "ramping \(step.number)/\(step.count)   holding \(status.weights.share), "
      + "\(step.held)\(paused)"
  }

  private var stuck: [StyledText] {
    status.stuck?.sentence.map { [StyledText($0, .bad)] } ?? []
  }

  private var notices: [TextTree] {
    guard !status.notices.isEmpty else { return [] }
    return [
      TextTree(
        StyledText(Self.noticesTitle(earlier: status.earlierNotices)),
        status.notices.map { TextTree(StyledText($0.sentence, .warning)) })
    ]
  }

  static func noticesTitle(earlier count: Int) -> String {
    let title = "remarks on the evidence"
    return count == 0 ? title : "\(title), the last ones; \(count) more in the ledger"
  }

  private var traffic: StyledText? {
    guard let share = status.measured else { return nil }
    return StyledText(
      "traffic   intended \(Wording.tenths(status.weights.share.basisPoints)) %   measured "
        + "\(Wording.measured(share))   \(share.canaryDraws) of \(share.draws) sessions")
  }

  private var tenants: StyledText? {
    status.tenants.map { StyledText("tenants   \($0)") }
  }

  private var verdict: StyledText? {
    guard let judged = status.judged else { return nil }
    guard let figures = judged.figures else {
      return StyledText("verdict   \(judged.verdict.rawValue)   no session on the canary yet")
    }
    let (canary, stable) = (figures.canary, figures.stable)
    let errors =
      "errors \(Wording.rate(canary.errors, of: canary.sessions)) against "
      + Wording.rate(stable.errors, of: stable.sessions)
    let p95 = canary.p95.flatMap { canary in
      stable.p95.map { "   p95 \(canary) ms against \($0) ms" }
    }
    return StyledText("verdict   ") + StyledText(judged.word, judged.severity.tone)
      + StyledText("   \(errors)\(p95 ?? "")")
      + StyledText(judged.isOutage ? "   both arms fail alike" : "")
  }

  /// Failures by the gateways' run logs, beside the sessions of the balancer.
  private var runs: [TextTree] {
    guard let runs = status.runs else { return [] }
    let text = StyledText("runs      \(runs.sentence)")
    return [TextTree(text, runs.disagreements.map { TextTree(StyledText($0, .warning)) })]
  }

  private func footer(_ width: Int) -> [String] {
    let notes = [
      ("why    ", status.why), ("cut    ", status.cuts.words), ("next   ", status.next?.text),
    ]
    return notes.flatMap { title, text in
      let lines = text.map { TextWrap.lines($0, width: width - title.count) } ?? []
      return lines.enumerated().map { ($0 == 0 ? title : "       ") + $1 }
    }
  }
}
