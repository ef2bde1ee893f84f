import SluiceArguments
import SluiceCore
import SluiceLedger

/// Tells a promotion as it goes, a line for each thing that happened: what, where, how sure.
///
/// It replays the ledger's lines, as everybody does, and knows nothing else.
struct PromotionNarrator {
  private(set) var promotion: Promotion?
  private let id: PromotionID
  private let isContinued: Bool
  private var replay = Replay()
  private var toldVerdict: (step: Int, verdict: Verdict)?
  private var toldUnverified = false
  private var controllers = 0

  /// - Parameter isContinued: what the ledger told before the first call is known already.
  init(_ id: PromotionID, isContinued: Bool = false) {
    self.id = id
    self.isContinued = isContinued
  }

  /// The lines of one ledger line, taken in order from the ledger's first.
  mutating func take(_ entry: LedgerEntry) throws(LedgerFault) -> [StyledText] {
    let before = replay.promotion
    try replay.take(entry)
    guard entry.promotion == id.rawValue, let after = replay.promotion else { return [] }
    promotion = after
    guard let observation = try Recording.observation(of: entry) else { return [] }
    let words = lines(observation, entry, before: before, after: after)
    let time = String(entry.timestamp.dropFirst(11).prefix(8))
    return words.flatMap { Self.wrapped(StyledText("\(time)  ", .faint) + $0) }
  }

  /// What is too long for a line goes on below its own words.
  private static func wrapped(_ line: StyledText) -> [StyledText] {
    guard line.width > lineWidth, let first = line.wrapped(to: lineWidth).first else {
      return [line]
    }
    let indent = StyledText(String(repeating: " ", count: textColumn))
    let rest = line.dropping(first.width).wrapped(to: lineWidth - textColumn)
    return [first] + rest.map { indent + $0 }
  }

  private static let lineWidth = 100
  private static let titleWidth = 15
  /// After the time and the title.
  private static let textColumn = 10 + titleWidth + 1

  private mutating func lines(
    _ observation: Observation, _ entry: LedgerEntry, before: Promotion?, after: Promotion
  ) -> [StyledText] {
    switch observation {
    case .started(let frozen): return [started(frozen.plan, entry)] + losing(frozen.plan)
    case .approved(let approval):
      let what = "\(approval.actor): \(approval.reason)"
      return [StyledText(Self.row("approved", what), .accent)]
    case .leased(let epoch):
      // The first one is the promotion's own.
      defer { controllers += 1 }
      return controllers == 0
        ? [] : [StyledText(Self.row("controller", "took over, epoch \(epoch)"), .accent)]
    case .intended: return []
    case .asked(let request):
      let why = request.reason.isEmpty ? "" : ": \(request.reason)"
      return [StyledText("\(request.actor)  asks to \(request.action.rawValue)\(why)", .accent)]
    case .finished(let id, let outcome):
      let command = before?.outstanding.first { $0.id == id }?.command
      return finished(command, outcome, before: before, after: after)
        + turning(entry, before: before, after: after)
    }
  }

  private func started(_ plan: Plan, _ entry: LedgerEntry) -> StyledText {
    let ticket = entry.ticket.isEmpty ? "" : "  \(entry.ticket)"
    let word = plan.purpose == .promote ? "" : "   rollback of the whole fleet"
    return StyledText("\(plan.from.tag) → \(plan.to.tag)\(ticket)", .strong)
      + StyledText(
        "\(word)   by \(entry.actor)" + (entry.account.map { ", account \($0)" } ?? ""), .faint)
  }

  /// A rollback of the whole fleet needs nobody's approval, but nobody shall be surprised either.
  private func losing(_ plan: Plan) -> [StyledText] {
    guard plan.purpose != .promote, let build = plan.build,
      plan.snapshot.hosts.values.contains(where: { $0.stateCopiedBy != nil })
    else { return [] }
    let subject = build.copiesState ? "state" : "configuration"
    let what =
      "OpenClaw \(build.to.version) gets its \(subject) as it was; what "
      + (build.copiesState ? "happened on" : "was written by") + " \(build.from.version) since is "
      + "kept aside on each host"
    return [StyledText(Self.row(subject, what), .warning)]
  }

  private mutating func finished(
    _ command: Command?, _ outcome: Outcome, before: Promotion?, after: Promotion
  ) -> [StyledText] {
    switch outcome {
    case .inspected(let blockers):
      if blockers.isEmpty {
        let count = after.plan.fleet.hosts.count
        return [StyledText(Self.row("preflight", "all \(count) hosts are as the plan says"))]
      }
      return blockers.map { StyledText(Self.row("preflight", $0), .bad) }
    case .placed(let report):
      let host = command?.host.map(\.rawValue) ?? "?"
      let how = report.wasPlaced ? "placed" : "stood there already"
      return [
        StyledText(
          Self.row(
            "\(host) placed",
            "slice \(report.version) \(how), tree \(report.tree.short)"
              + (report.signer.map { ", tag signed by \($0)" } ?? "")))
      ]
    case .swung(let report):
      return [swung(command, report, after)] + notes(command, report) + state(command, report)
    case .applied(let state):
      let unpinned = state.weights.pinEpoch > before?.weights.pinEpoch ?? 0
      let what = unpinned ? ", sessions un-pinned" : ""
      let tenants = state.weights.tenants.joined(separator: ", ")
      let pinned = tenants.isEmpty ? "" : ", \(tenants) pinned to the canary"
      return [StyledText(Self.row("share \(state.weights.share)", "read back\(pinned)\(what)"))]
    case .evicted(0, 0): return []
    case .evicted(let ended, let cut):
      let what = "\(ended) open connections ended by themselves, \(cut) were cut"
      return [StyledText(Self.row("\(command?.host?.rawValue ?? "?") emptied", what))]
    case .assessed(let watch): return verdict(watch, before: before, after: after)
    case .verified(let verification):
      return verification.faults.sorted { $0.key < $1.key }.map {
        StyledText(Self.row("\($0.key)", "not verified: \($0.value)"), .bad)
      } + (verification.balancerFault.map { [StyledText(Self.row("balancer", $0), .bad)] } ?? [])
        + strangers(verification)
    case .archived:
      return [StyledText(Self.row("archived", "this is the last good state now"))]
    case .failed(let failure):
      let place = command?.host?.rawValue ?? command?.kind.rawValue ?? "a command"
      let remedy = failure.remedy.map { "  \($0)" } ?? ""
      return [StyledText(Self.row("\(place) failed", failure.message + remedy), .bad)]
    case .waited, .concluded: return []
    }
  }

  /// Operations of others: they change nothing about what was read back, and somebody has to know.
  private func strangers(_ verification: Verification) -> [StyledText] {
    (verification.strangers ?? [:]).sorted { $0.key < $1.key }.map { host, ids in
      let names = ids.map(\.rawValue).joined(separator: ", ")
      return StyledText(
        Self.row("\(host)", "performed \(names), which this ledger does not know: by whom?"), .bad)
    }
  }

  private func swung(_ command: Command?, _ report: SwingReport, _ after: Promotion) -> StyledText {
    guard case .swing(let order)? = command else { return StyledText("") }
    let version = report.after.marker?.version ?? "no release"
    let isBack = order.release == after.plan.snapshot.release
    let archived = after.plan.snapshot.hosts[order.host]?.fingerprint
    let equal =
      isBack && report.probe.fingerprint == archived ? ", fingerprint equal to last good" : ""
    let restart = report.restarted ? "restarted" : "no restart was needed"
    let drained = "drained \(report.drained), cut \(report.cut)"
    let build = report.before.map { $0.version != report.after.version } ?? false
    let says = build ? "\(version) on OpenClaw \(report.after.version)" : version
    return StyledText(
      Self.row(
        "\(order.host) \(isBack ? "back" : "proven")",
        "says \(says) itself\(equal); \(drained), \(restart)   "
          + Wording.duration(report.totalMilliseconds)))
  }

  /// What a person should know of a swing though it worked.
  private func notes(_ command: Command?, _ report: SwingReport) -> [StyledText] {
    guard let host = command?.host else { return [] }
    return (report.notes ?? []).map { StyledText(Self.row("\(host)", $0), .warning) }
  }

  /// Where the state went, that a person can find it again.
  private func state(_ command: Command?, _ report: SwingReport) -> [StyledText] {
    guard let state = report.state, let host = command?.host else { return [] }
    let size = Wording.bytes(state.bytes)
    var lines: [StyledText] = []
    if let copy = state.copy {
      let took = Wording.duration(state.milliseconds)
      lines.append(StyledText(Self.row("\(host) state", "copied to \(copy)   \(size), \(took)")))
    }
    if let aside = state.aside {
      lines.append(
        StyledText(Self.row("\(host) state", "put back; the newer one is kept as \(aside)")))
    }
    return lines
  }

  private mutating func verdict(_ watch: Watch, before: Promotion?, after: Promotion)
    -> [StyledText]
  {
    guard case .ramping(let step)? = before?.phase else { return [] }
    let verdict = watch.assessment.verdict
    guard toldVerdict?.step != step || toldVerdict?.verdict != verdict else { return [] }
    guard verdict != .insufficient || toldVerdict?.step == step else { return [] }
    toldVerdict = (step, verdict)
    let share = watch.assessment.share.map { "   measured \(Wording.measured($0))" } ?? ""
    let (canary, stable) = (watch.assessment.canary, watch.assessment.stable)
    let errors =
      "errors \(Wording.rate(canary.errors, of: canary.sessions)) of \(canary.sessions) against "
      + "\(Wording.rate(stable.errors, of: stable.sessions)) of \(stable.sessions)"
    let word = verdict == .fail ? "FAIL" : verdict.rawValue
    var lines = [
      StyledText(
        Self.row("verdict \(word)", errors + share), verdict == .fail ? .bad : .plain)
    ]
    if verdict == .fail {
      lines += watch.assessment.reasons.prefix(3).map { StyledText(Self.row("", $0), .bad) }
    }
    return lines
  }

  /// The lines that a change of phase is worth.
  private mutating func turning(_ entry: LedgerEntry, before: Promotion?, after: Promotion)
    -> [StyledText]
  {
    guard before?.phase != after.phase else { return [] }
    let plan = after.plan
    switch after.phase {
    case .rollingBack(.draining):
      let reason = after.rollbackCause?.sentence ?? "asked for"
      return [
        StyledText("rolling back to \(plan.snapshot.release.tag)   ", .warning)
          + StyledText(reason)
      ]
    case .rolledBackUnverified:
      guard !toldUnverified else { return [] }
      toldUnverified = true
      return [
        StyledText("ROLLED BACK, NOT VERIFIED   ", .bad)
          + StyledText("\(after.lastFailure ?? "a host does not answer"). It gets no traffic."),
        StyledText("Tried again every 30 s.  When it is back:  sluice rollback --verify"),
      ]
    case .settling: return [StyledText("settling        all hosts moved; baking")]
    case .concluded(let conclusion): return head(entry) + ending(conclusion, after)
    default: return []
    }
  }

  /// Of the line that ends it: to be kept elsewhere.
  private func head(_ entry: LedgerEntry) -> [StyledText] {
    guard let line = try? LedgerLine(entry) else { return [] }
    return [StyledText(Self.row("ledger", "line \(entry.n + 1), head \(line.leafHash)"), .faint)]
  }

  private func ending(_ conclusion: Conclusion, _ after: Promotion) -> [StyledText] {
    let hosts = after.plan.fleet.gateways.count
    switch conclusion {
    case .completed:
      return [
        StyledText("COMPLETED   ", .good)
          + StyledText("\(after.plan.to.tag) on \(hosts) of \(hosts) hosts")
      ]
    // What stood in the way has been told.
    case .refused: return [StyledText("REFUSED, nothing was moved", .bad)]
    case .aborted(let actor): return [StyledText("ABORTED by \(actor), nothing was moved")]
    case .rolledBack:
      return [
        StyledText("ROLLED BACK, verified on \(hosts) of \(hosts) hosts   ", .warning)
          + StyledText(after.plan.snapshot.release.tag)
      ]
    }
  }

  private static func row(_ title: String, _ text: String) -> String {
    title + String(repeating: " ", count: max(1, titleWidth - title.count) + 1) + text
  }
}
