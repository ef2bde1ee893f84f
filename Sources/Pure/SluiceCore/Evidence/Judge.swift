/// The judge's answer about the evidence of a step.
public enum Verdict: String, Sendable, Hashable, Codable { case pass, degraded, fail, insufficient }

/// The judge turns evidence into a verdict and never moves anything.
///
/// Strata arrive in the order of their assignment, each once. A judge is a value: equal strata give
/// equal assessments.
public protocol Judge: Sendable {
  /// Begins a step of the ramp: the strata of this generation are the step's evidence.
  mutating func begin(generation: Int64, limits: JudgeLimits)
  mutating func observe(_ stratum: Stratum)
  func assess() -> Assessment
}

extension Assessment {
  /// The session log's assessment joined with that of the run logs: the worse of the two verdicts,
  /// if the run logs have one. Silent run logs, or run logs with few runs, hold nothing, because a
  /// fleet may have switched run logs off.
  public func joined(with runs: Assessment, _ summary: RunSummary?) -> Assessment {
    var joined = self
    joined.runs = summary
    let word = "by the gateways' run logs, "
    switch (verdict, runs.verdict) {
    case (.fail, .fail): joined.reasons += runs.reasons.prefix(1).map { word + $0 }
    case (.pass, .insufficient) where runs.isOutage == true:
      joined.verdict = .insufficient
      joined.isOutage = true
      joined.reasons =
        runs.reasons.prefix(1).map { "by the gateways' run logs: " + $0 } + reasons
    case (_, .fail), (.pass, .degraded):
      joined.verdict = runs.verdict
      joined.wanted = 0
      joined.isOutage = nil
      joined.reasons = runs.reasons.prefix(1).map { word + $0 } + reasons
      joined.oddsAgainstHealthy = runs.oddsAgainstHealthy ?? oddsAgainstHealthy
    default: break
    }
    return joined
  }
}

/// A verdict with its grounds. The ledger keeps assessments, so all numbers are integers.
public struct Assessment: Sendable, Hashable, Codable {
  public struct ArmSummary: Sendable, Hashable, Codable {
    public var sessions: Int
    /// Sessions without a good answer.
    public var errors: Int
    /// Of sessions with a good answer; nil without any.
    public var p50: Int64?
    public var p95: Int64?
    /// By class; nil in ledger lines older than the classes.
    public var answers: AnswerCounts?

    public init(
      sessions: Int, errors: Int, p50: Int64?, p95: Int64?, answers: AnswerCounts? = nil
    ) {
      self.sessions = sessions
      self.errors = errors
      self.p50 = p50
      self.p95 = p95
      self.answers = answers
    }

    /// Sessions with a good answer.
    public var good: Int { sessions - errors }

    public init(_ tally: ArmTally) {
      self.init(
        sessions: tally.sessions, errors: tally.errors,
        p50: tally.latencies.quantile(permille: 500),
        p95: tally.latencies.quantile(permille: 950), answers: tally.answers)
    }
  }
  /// The canary's measured share of draws, with a 95 % interval.
  public struct MeasuredShare: Sendable, Hashable, Codable {
    public var canaryDraws: Int
    public var draws: Int
    /// Basis points.
    public var estimate: Int
    public var low: Int
    public var high: Int

    public init(canaryDraws: Int, draws: Int, estimate: Int, low: Int, high: Int) {
      self.canaryDraws = canaryDraws
      self.draws = draws
      self.estimate = estimate
      self.low = low
      self.high = high
    }
  }

  public var generation: Int64
  public var verdict: Verdict
  /// Sentences with the grounds, the weightiest first.
  public var reasons: [String]
  public var canary: ArmSummary
  public var stable: ArmSummary
  /// Nil without draws.
  public var share: MeasuredShare?
  /// The canary's sessions of tenants that are pinned to it; nil without such tenants.
  public var pinned: Int?
  /// Where the sessions of the step's tenants went; nil without a session of such a tenant, and in
  /// ledger lines older than these counts.
  public var cohorts: CohortCounts?
  /// Good canary sessions still missing for a verdict; 0 once there is a verdict.
  public var wanted: Int
  public var lost: Int
  public var held: Int
  /// A healthy canary looks this bad in 1 case out of so many; nil without a statement.
  public var oddsAgainstHealthy: Int64?
  /// The same step according to the gateways' run logs; nil if no run log was read.
  public var runs: RunSummary?
  /// Both arms fail alike, so more sessions would not help; otherwise nil.
  public var isOutage: Bool?

  public init(
    generation: Int64, verdict: Verdict, reasons: [String], canary: ArmSummary,
    stable: ArmSummary, share: MeasuredShare?, pinned: Int? = nil,
    cohorts: CohortCounts? = nil, wanted: Int, lost: Int, held: Int, oddsAgainstHealthy: Int64?,
    runs: RunSummary? = nil, isOutage: Bool? = nil
  ) {
    self.generation = generation
    self.verdict = verdict
    self.reasons = reasons
    self.canary = canary
    self.stable = stable
    self.share = share
    self.pinned = pinned
    self.cohorts = cohorts
    self.wanted = wanted
    self.lost = lost
    self.held = held
    self.oddsAgainstHealthy = oddsAgainstHealthy
    self.runs = runs
    self.isOutage = isOutage
  }
}
