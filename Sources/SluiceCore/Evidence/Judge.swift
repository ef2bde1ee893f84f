/// What the judge says of the evidence of a step.
public enum Verdict: String, Sendable, Hashable, Codable { case pass, degraded, fail, insufficient }

/// The judge reads evidence and says a verdict; it never moves anything (`DESIGN` §2.3).
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
  /// say anything. They hold nothing up: a fleet may have switched them off.
  public func joined(with runs: Assessment, _ summary: RunSummary?) -> Assessment {
    var joined = self
    joined.runs = summary
    let word = "by the gateways' run ledgers, "
    switch (verdict, runs.verdict) {
    case (.fail, .fail): joined.reasons += runs.reasons.prefix(1).map { word + $0 }
    case (_, .fail), (.pass, .degraded):
      joined.verdict = runs.verdict
      joined.wanted = 0
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
    public var errors: Int
    /// Nil while there is nothing to measure.
    public var p50: Int64?
    public var p95: Int64?

    public init(sessions: Int, errors: Int, p50: Int64?, p95: Int64?) {
      self.sessions = sessions
      self.errors = errors
      self.p50 = p50
      self.p95 = p95
    }

    public init(_ tally: ArmTally) {
      self.init(
        sessions: tally.sessions, errors: tally.errors,
        p50: tally.latencies.quantile(permille: 500),
        p95: tally.latencies.quantile(permille: 950))
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
  /// Canary sessions that are still wanted before a verdict, 0 when there is one.
  public var wanted: Int
  public var lost: Int
  public var held: Int
  /// How rarely a healthy canary would look this bad: 1 in so many; nil when it says nothing.
  public var oddsAgainstHealthy: Int64?
  /// What the gateways' own run ledgers say of the same step; nil when none was heard.
  public var runs: RunSummary?

  public init(
    generation: Int64, verdict: Verdict, reasons: [String], canary: ArmSummary,
    stable: ArmSummary, share: MeasuredShare?, wanted: Int, lost: Int, held: Int,
    oddsAgainstHealthy: Int64?, runs: RunSummary? = nil
  ) {
    self.generation = generation
    self.verdict = verdict
    self.reasons = reasons
    self.canary = canary
    self.stable = stable
    self.share = share
    self.wanted = wanted
    self.lost = lost
    self.held = held
    self.oddsAgainstHealthy = oddsAgainstHealthy
    self.runs = runs
  }
}
