import SluiceCore

/// Everything that was read to make a plan.
public struct PlanReading: Sendable {
  public var from: Release?
  public var to: Release
  public var surveys: [HostName: HostSurvey]
  /// Hosts that did not answer, and why.
  public var silent: [HostName: String]
  public var balancer: BalancerState?
  /// Nil when too little is known to make one; `blockers` says why.
  public var document: PlanDocument?
  public var blockers: [String]
  public var warnings: [String]
  /// Another promotion is under way: nothing else can begin.
  public var isBusy = false
  /// The signer of the release's tag; nil where no signature is asked for.
  public var signer: String?
  /// The trial of the release's build on a copy of the canary's state; nil: it was not tried.
  public var trial: TrialRecord?
  /// The operations that the ledger has let hosts see; nil where the ledger was not read.
  public var ledger: LedgerWord?

  public init(
    from: Release?, to: Release, surveys: [HostName: HostSurvey], silent: [HostName: String],
    balancer: BalancerState?, document: PlanDocument?, blockers: [String], warnings: [String],
    isBusy: Bool = false
  ) {
    self.from = from
    self.to = to
    self.surveys = surveys
    self.silent = silent
    self.balancer = balancer
    self.document = document
    self.blockers = blockers
    self.warnings = warnings
    self.isBusy = isBusy
  }

  /// Adds a blocker, also to the plan's document.
  public mutating func block(_ blocker: String) {
    blockers.append(blocker)
    document?.blockers.append(blocker)
  }

  /// Adds a warning, also to the plan's document.
  public mutating func warn(_ warning: String) {
    warnings.append(warning)
    document?.warnings.append(warning)
  }

  /// Whether the plan can run, for the next command to type.
  public var outlook: PlanOutlook {
    PlanOutlook(
      isBusy: isBusy, from: from, to: to, hasPlan: document != nil, blockers: blockers)
  }
}
