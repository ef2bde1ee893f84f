import SluiceCore

/// The first judge: fixed limits against the concurrent stable arm, each guarded by an exact test,
/// so that a limit crossed by chance is not taken for a regression.
///
/// - Errors fail when the canary's rate exceeds the stable rate by more than the margin and fewer
///   than one healthy canary in `oddsToFail` would show as many (hypergeometric, one-sided).
/// - Latency fails when more than one in twenty canary sessions is slower than `factor` × the stable
///   95th percentile, and that is not chance: either by the tail alone (binomial, one-sided), or
///   because the whole arm is slower than half of what the factor allows (hypergeometric on
///   sessions beyond the stable 75th percentile), which needs far fewer sessions when all of them
///   take longer. It must still fail without its worst stratum: a gateway that stood still for a
///   moment slowed down all the sessions of that moment at once, and they are no independent
///   witnesses (`facts/judge.md` f.3).
///
/// The odds are those of one look. Repeated looks add up, which is why the bound is strict; the
/// anytime-valid judge replaces this one behind the same protocol.
public struct LimitJudge: Judge {
  /// One look at a healthy canary fails less often than once in this many.
  public static let oddsToFail = 20_000.0
  /// Stable sessions below which nothing can be compared.
  public static let minimumStable = 20

  private var generation: Int64 = -1
  private var limits: JudgeLimits?
  private var sum = Stratum(generation: -1)
  private var strata: [Stratum] = []

  public init() {}

  public mutating func begin(generation: Int64, limits: JudgeLimits) {
    guard generation != self.generation else { return }
    self.generation = generation
    self.limits = limits
    sum = Stratum(generation: generation)
    strata = []
  }

  public mutating func observe(_ stratum: Stratum) {
    guard stratum.generation == generation else { return }
    sum.add(stratum)
    if stratum.canary.sessions > 0 { strata.append(stratum) }
  }

  public func assess() -> Assessment {
    let findings = [errorFinding(), latencyFinding()]
    let failures = findings.filter(\.fails)
    let wanted = missingSessions()
    let verdict: Verdict =
      !failures.isEmpty
      ? .fail
      : wanted > 0 ? .insufficient : findings.contains(where: \.isOverLimit) ? .degraded : .pass
    let reasons =
      (failures.isEmpty ? findings : failures).map(\.sentence)
      + (sum.lost > 0
        ? ["\(sum.lost) lines of the session log were lost and are not counted."] : [])
    return Assessment(
      generation: generation, verdict: verdict, reasons: reasons,
      canary: .init(sum.canary), stable: .init(sum.stable), share: measuredShare(),
      wanted: verdict == .insufficient ? wanted : 0, lost: sum.lost, held: sum.held,
      oddsAgainstHealthy: findings.compactMap(\.odds).max())
  }

  struct Finding {
    var sentence: String
    var isOverLimit: Bool
    /// A healthy canary would look like this in one of so many; nil when it says nothing.
    var odds: Int64?

    var fails: Bool { isOverLimit && Double(odds ?? 0) >= LimitJudge.oddsToFail }
  }

  func errorFinding() -> Finding {
    let canary = sum.canary
    let stable = sum.stable
    let figures =
      "errors: canary \(canary.errors) of \(canary.sessions) sessions, "
      + "stable \(stable.errors) of \(stable.sessions)."
    guard canary.sessions > 0, stable.sessions >= Self.minimumStable else {
      return Finding(sentence: figures, isOverLimit: false, odds: nil)
    }
    // Over the limit: xC/nC - xS/nS > margin, without a division.
    let difference =
      canary.errors * stable.sessions * 10_000 - stable.errors * canary.sessions * 10_000
    let margin = (limits?.errorMargin ?? 0) * canary.sessions * stable.sessions
    let chance = Chance.hypergeometricTail(
      canary: canary.sessions, canaryErrors: canary.errors, stable: stable.sessions,
      stableErrors: stable.errors)
    return Finding(
      sentence: figures, isOverLimit: difference > margin, odds: Chance.odds(chance))
  }

  func latencyFinding() -> Finding {
    let whole = latencyFinding(sum)
    guard whole.fails else { return whole }
    // Over the limit it stays; the odds are those that hold without the worst moment.
    var result = whole
    result.odds = latencyFinding(withoutWorst(of: sum)).odds
    return result
  }

  /// All strata but the one with the most canary sessions beyond the stable 95th percentile.
  private func withoutWorst(of sum: Stratum) -> Stratum {
    let bound = sum.stable.latencies.quantile(permille: 950) ?? 0
    let slow = strata.map { $0.canary.latencies.count(above: bound) }
    let worst = slow.indices.max { slow[$0] < slow[$1] }
    var rest = Stratum(generation: generation)
    for index in strata.indices where index != worst { rest.add(strata[index]) }
    // What stable did in all strata stays the measure.
    rest.stable = sum.stable
    return rest
  }

  private func latencyFinding(_ sum: Stratum) -> Finding {
    guard let stable = sum.stable.latencies.quantile(permille: 950),
      let canary = sum.canary.latencies.quantile(permille: 950),
      sum.stable.latencies.total >= Self.minimumStable
    else {
      return Finding(sentence: "p95: not enough sessions yet.", isOverLimit: false, odds: nil)
    }
    let factor = limits?.latencyFactor ?? 150
    let bound = stable * Int64(factor) / 100
    let slow = sum.canary.latencies.count(above: bound)
    let total = sum.canary.latencies.total
    let chance = min(
      Chance.binomialTail(trials: total, atLeast: slow, permille: 50), bulkChance(sum, factor))
    let sentence =
      "p95: canary \(canary) ms, stable \(stable) ms; \(slow) of \(total) canary sessions took "
      + "longer than \(bound) ms."
    return Finding(
      sentence: sentence, isOverLimit: slow * 20 > total, odds: Chance.odds(chance))
  }

  /// How often a canary that is slower by half of the allowance would have as many sessions beyond
  /// the stable 75th percentile, stretched by that half.
  private func bulkChance(_ sum: Stratum, _ factor: Int) -> Double {
    let canary = sum.canary.latencies
    let stable = sum.stable.latencies
    guard let quartile = stable.quantile(permille: 750) else { return 1 }
    return Chance.hypergeometricTail(
      canary: canary.total, canaryErrors: canary.count(above: quartile * Int64(100 + factor) / 200),
      stable: stable.total, stableErrors: stable.count(above: quartile))
  }

  private func missingSessions() -> Int {
    let wanted = limits?.minimumSessions ?? 0
    let missing = max(0, wanted - sum.canary.sessions)
    if missing == 0, sum.stable.sessions < Self.minimumStable { return 1 }
    return missing
  }

  /// Wilson's interval at 95 % (z = 1.96) over the draws.
  private func measuredShare() -> Assessment.MeasuredShare? {
    let draws = sum.canaryDraws + sum.stableDraws
    guard draws > 0 else { return nil }
    let interval = Chance.wilson(successes: sum.canaryDraws, trials: draws, z: 1.96)
    return Assessment.MeasuredShare(
      canaryDraws: sum.canaryDraws, draws: draws,
      estimate: (sum.canaryDraws * 10_000 + draws / 2) / draws, low: interval.low,
      high: interval.high)
  }
}
