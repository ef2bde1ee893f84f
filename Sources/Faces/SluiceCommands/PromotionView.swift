import SluiceArguments
import SluiceCore
import SluiceController

/// A promotion as an operator reads it: the answer first, then why, then what to type.
struct PromotionView {
  let promotion: Promotion
  /// What the hosts say now; nil when none was asked.
  var look: FleetLook?
  let actor: String
  let ticket: String
  /// Whether a controller is at work on it, and answers.
  let sight: ControllerSight
  let now: Moment

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let tree = TextTree(
      headline,
      (stuck + [traffic, tenants, verdict].compactMap(\.self)).map { TextTree($0) } + agents + hosts
        + notices)
    return tree.lines(width: width, style: style) + footer(width)
  }

  private var headline: StyledText {
    let plan = promotion.plan
    let since = Timestamp.clockText(promotion.startedAt.wallMilliseconds)
    let tone: Tone =
      switch promotion.phase {
      case .concluded(.completed): .good
      case .rolledBackUnverified: .bad
      case .concluded, .rollingBack: .warning
      default: promotion.isPaused ? .warning : .accent
      }
    let ticket = ticket.isEmpty ? "" : "  \(ticket)"
    return StyledText("\(plan.from.tag) → \(plan.to.tag)\(ticket)   ", .strong)
      + StyledText(state, tone)
      + StyledText("   by \(actor), since \(since)", .faint)
  }

  private var state: String {
    let paused = promotion.isPaused ? "   PAUSED" : ""
    guard case .ramping(let index) = promotion.phase else { return promotion.phase.title + paused }
    let gates = promotion.stepGates(at: now)
    let hold = gates.first { $0.gate == .hold }?.cell ?? ""
    let count = promotion.plan.fleet.ramp.steps.count
    return "ramping \(index + 1)/\(count)   holding \(promotion.weights.share), \(hold)\(paused)"
  }

  /// A way back that cannot set the share: since when, why, and what the share still is.
  private var stuck: [StyledText] {
    PromotionTrouble.stuck(promotion, look: look).map { [StyledText($0, .bad)] } ?? []
  }

  /// The last remarks on the evidence.
  private var notices: [TextTree] {
    guard !promotion.notices.isEmpty else { return [] }
    return [
      TextTree(
        StyledText("notices of the evidence"),
        promotion.notices.map { TextTree(StyledText(PromotionTrouble.text($0), .warning)) })
    ]
  }

  private var traffic: StyledText? {
    guard let share = promotion.watch?.assessment.share else { return nil }
    return StyledText(
      "traffic   intended \(Wording.tenths(promotion.weights.share.basisPoints)) %   measured "
        + "\(Wording.measured(share))   \(share.canaryDraws) of \(share.draws) sessions")
  }

  private var tenants: StyledText? {
    let names = promotion.weights.tenants
    guard !names.isEmpty else { return nil }
    let sessions = promotion.watch?.assessment.pinned ?? 0
    return StyledText(
      "tenants   \(names.joined(separator: ", ")) pinned to the canary   \(sessions) sessions")
  }

  private var verdict: StyledText? {
    guard let assessment = promotion.watch?.assessment else { return nil }
    // Without a share there is nothing to judge.
    guard promotion.weights.share > .zero || assessment.verdict == .fail else { return nil }
    let (canary, stable) = (assessment.canary, assessment.stable)
    if canary.sessions == 0 {
      return StyledText("verdict   \(assessment.verdict.rawValue)   no session on the canary yet")
    }
    let errors =
      "errors \(Wording.rate(canary.errors, of: canary.sessions)) against "
      + Wording.rate(stable.errors, of: stable.sessions)
    let p95 = canary.p95.flatMap { canary in
      stable.p95.map { "   p95 \(canary) ms against \($0) ms" }
    }
    let tone: Tone = assessment.verdict == .fail ? .bad : .plain
    return StyledText("verdict   ")
      + StyledText(assessment.verdict == .fail ? "FAIL" : assessment.verdict.rawValue, tone)
      + StyledText("   \(errors)\(p95 ?? "")")
      + StyledText(assessment.isOutage == true ? "   both arms fail alike" : "")
  }

  /// What the agents did, by the gateways' own ledgers, beside what the balancer's clients waited.
  private var agents: [TextTree] {
    guard let runs = promotion.watch?.assessment.runs else { return [] }
    let text = StyledText("agents    \(Self.sentence(runs))")
    return [TextTree(text, runs.disagreements.map { TextTree(StyledText($0, .warning)) })]
  }

  static func sentence(_ runs: RunSummary) -> String {
    func arm(_ runs: RunSummary.ArmRuns) -> String {
      "\(runs.faults) of \(runs.runs) runs"
        + (runs.unfinished > 0 ? " (\(runs.unfinished) never ended)" : "")
    }
    let open = runs.canary.open + runs.stable.open
    return "failed \(arm(runs.canary)) against \(arm(runs.stable))"
      + (open > 0 ? "   \(open) still run" : "")
      + (runs.lost > 0 ? "   \(runs.lost) rows are missing" : "")
  }

  private var hosts: [TextTree] {
    promotion.plan.fleet.gateways.map { spec in
      guard let answer = look?.answers[spec.name] else { return remembered(spec) }
      return HostView(host: spec.name, arm: spec.arm, answer: answer, notes: notes(spec)).tree
    }
  }

  /// What the promotion knows of a host that its own probe does not say.
  private func notes(_ spec: HostSpec) -> [StyledText] {
    return (isOut(spec.name).map { [StyledText($0, .warning)] } ?? [])
      + (promotion.hosts[spec.name]?.fault.map { [StyledText($0, .bad)] } ?? [])
  }

  /// By the balancer's own word now; by the ledger only while the promotion is under way, and as what
  /// it was.
  private func isOut(_ host: HostName) -> String? {
    func isOut(_ state: BalancerState) -> Bool {
      state.servers.first { $0.host == host }?.isTakenOut == true
    }
    if case .success(let now)? = look?.balancer {
      return isOut(now) ? "taken out of the balancer" : nil
    }
    guard !promotion.phase.isTerminal, let last = promotion.balancer, isOut(last) else {
      return nil
    }
    return "was taken out of the balancer when that was last read"
  }

  /// By the ledger alone.
  private func remembered(_ spec: HostSpec) -> TextTree {
    let state = promotion.hosts[spec.name]
    let watch = promotion.watch?.hosts[spec.name]
    let status = watch.map { $0.status?.rawValue ?? "silent" } ?? "–"
    let runs = state.map { Self.word($0.runs, promotion) } ?? "?"
    let reason = watch?.status == .ok ? nil : watch?.reason
    let text = "\(spec.name)  \(spec.arm.rawValue)  \(status)   \(runs)"
    let tone: Tone = watch?.status == .fail || state?.fault != nil ? .bad : .plain
    return TextTree(
      StyledText(text, tone),
      (notes(spec) + (reason.map { [StyledText($0)] } ?? [])).map { TextTree($0) })
  }

  static func word(_ runs: Promotion.HostState.Runs, _ promotion: Promotion) -> String {
    switch runs {
    case .archived: promotion.plan.snapshot.release.lock.skills.version
    case .target:
      (promotion.plan.purpose == .promote ? promotion.plan.to : promotion.plan.from).lock.skills
        .version
    case .unknown: "not known"
    }
  }

  private func footer(_ width: Int) -> [String] {
    let notes = [("why    ", promotion.rollbackCause?.sentence), ("next   ", next)]
    return notes.flatMap { title, text in
      let lines = text.map { TextWrap.lines($0, width: width - title.count) } ?? []
      return lines.enumerated().map { ($0 == 0 ? title : "       ") + $1 }
    }
  }

  private var next: String? {
    if promotion.phase == .rolledBackUnverified {
      return "it is tried again every 30 s. At once:  sluice rollback --verify"
    }
    if promotion.phase.isTerminal { return nil }
    if let silent = sight.silent { return "\(silent.sentence). \(silent.remedy("rollback"))" }
    if sight == .none { return "no controller is at work. Go on:  sluice resume" }
    if promotion.isPaused { return "sluice resume" }
    guard let shut = promotion.stepGates(at: now).first(where: { !$0.isOpen }) else { return nil }
    return "waits for \(shut.gate.rawValue): \(shut.cell).   Why:  sluice explain"
  }
}
