import SluiceCore
import SluiceLedger

// How a promotion turns back, and how it ends.

extension StoryWords {
  func turnedBack(_ promotion: Promotion) -> [StoryLine] {
    let reason = promotion.rollbackCause?.sentence ?? "asked for"
    let title = "rolling back to \(promotion.plan.snapshot.release.tag)"
    return [line(.turnedBack, title, [reason], severity: .warning)]
  }

  func notVerified(_ promotion: Promotion) -> [StoryLine] {
    let fault = promotion.lastFailure ?? "a host does not answer"
    let again = "Sluice verifies again every 30 s.  At once:  \(NextAction.verify.text)"
    return [
      line(
        .notVerified, "ROLLED BACK, NOT VERIFIED",
        ["\(fault). A host that is not verified gets no traffic."],
        severity: .bad), line(.notVerified, "", [again]),
    ]
  }

  /// Of the line that ends it.
  func head(_ entry: LedgerEntry) -> [StoryLine] {
    guard let ended = try? LedgerLine(entry) else { return [] }
    return [line(.head, "ledger", ["line \(entry.n + 1), head \(ended.leafHash)"])]
  }

  func concluded(_ conclusion: Conclusion, of promotion: Promotion) -> StoryLine {
    let plan = promotion.plan
    let cuts = promotion.cuts.words.map { ["\($0) cut"] } ?? []
    let hosts = plan.fleet.gateways.count
    switch conclusion {
    case .completed:
      return line(
        .concluded, "COMPLETED", ["\(plan.to.tag) on \(hosts) of \(hosts) hosts"], severity: .good)
    // Earlier lines have named the blockers.
    case .refused: return line(.concluded, "REFUSED, nothing was moved", severity: .bad)
    case .aborted(let actor): return line(.concluded, "ABORTED by \(actor), nothing was moved")
    case .rolledBack:
      return line(
        .concluded, "ROLLED BACK, verified on \(hosts) of \(hosts) hosts",
        [plan.snapshot.release.tag] + cuts, severity: .warning)
    case .drilled(let recovery):
      let took = recovery.map { ["recovery took \(Wording.duration($0))"] } ?? []
      return line(
        .concluded, "DRILLED, verified on \(hosts) of \(hosts) hosts",
        [plan.snapshot.release.tag] + took + cuts, severity: .good)
    }
  }
}
