/// What the judge says of the evidence of a step.
public enum Verdict: String, Sendable, Hashable, Codable { case pass, degraded, fail, insufficient }

/// The judge reads evidence and says a verdict; it never moves anything.
///
/// Strata arrive in the order of their assignment, each once. A judge is a value: the same strata
/// give the same assessments.
public protocol Judge: Sendable {
  /// A step of the ramp begins: its evidence is the strata of this generation.
  mutating func begin(generation: Int64, limits: JudgeLimits)
  mutating func observe(_ stratum: Stratum)
  func assess() -> Assessment
}

extension Assessment {
  /// The balancer's log and the gateways' ledgers together: the worse of the two, where the ledgers
  /// say anything. That they are silent, or tell of few runs, holds nothing up: a fleet may have
  /// switched them off.
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

/// A verdict with what it rests on; integers only, because the ledger keeps it.
public struct Assessment: Sendable, Hashable, Codable {
  public struct ArmSummary: Sendable, Hashable, Codable {
    public var sessions: Int
    /// Sessions that were not answered well.
    public var errors: Int
    /// Nil while there is nothing to measure. Of sessions that were answered well.
    public var p50: Int64?
    public var p95: Int64?
    /// By class; nil in lines that were written before classes were counted.
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

    /// Sessions that were answered well.
    public var good: Int { sessions - errors }

    public init(_ tally: ArmTally) {
      self.init(
        sessions: tally.sessions, errors: tally.errors,
        p50: tally.latencies.quantile(permille: 500),
        p95: tally.latencies.quantile(permille: 950), answers: tally.answers)
    }
  }
  /// The share that arrived, of draws, with a 95 % interval.
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
  /// Sentences that say why, the weightiest first.
  public var reasons: [String]
  public var canary: ArmSummary
  public var stable: ArmSummary
  /// Nil without a draw.
  public var share: MeasuredShare?
  /// The canary's sessions of tenants who are pinned to it; nil without one.
  public var pinned: Int?
  /// Good canary sessions that are still wanted before a verdict, 0 when there is one.
  public var wanted: Int
  public var lost: Int
  public var held: Int
  /// How rarely a healthy canary would look this bad: 1 in so many; nil when it says nothing.
  public var oddsAgainstHealthy: Int64?
  /// What the gateways' own run ledgers say of the same step; nil when none was heard.
  public var runs: RunSummary?
  /// Both arms fail alike: more sessions would not help. Nil when that is not so.
  public var isOutage: Bool?

  public init(
    generation: Int64, verdict: Verdict, reasons: [String], canary: ArmSummary,
    stable: ArmSummary, share: MeasuredShare?, pinned: Int? = nil, wanted: Int, lost: Int,
    held: Int, oddsAgainstHealthy: Int64?, runs: RunSummary? = nil, isOutage: Bool? = nil
  ) {
    self.generation = generation
    self.verdict = verdict
    self.reasons = reasons
    self.canary = canary
    self.stable = stable
    self.share = share
    self.pinned = pinned
    self.wanted = wanted
    self.lost = lost
    self.held = held
    self.oddsAgainstHealthy = oddsAgainstHealthy
    self.runs = runs
    self.isOutage = isOutage
  }
}
