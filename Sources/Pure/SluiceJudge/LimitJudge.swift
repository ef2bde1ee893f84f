import SluiceCore

/// The first judge: fixed limits against the concurrent stable arm. An exact test guards each
/// limit, so that a limit crossed by chance is no regression.
///
/// - Answers: every class that is not good (4xx, 5xx, cut, timed out and so on) is compared between
///   the arms separately, and all classes together, so that an unforeseen class cannot hide. A
///   comparison fails when the canary's rate exceeds the stable rate by more than the margin and
///   fewer than one healthy canary in `oddsToFail` would show as many (hypergeometric, one-sided).
///   There are `comparisons` of them, so each must be that many times as rare. A comparison over
///   the margin and rarer than one in `oddsToDoubt` is `degraded`: the step holds. A class that is
///   equally frequent on both arms does not count against the canary.
/// - Latency, of good answers only, fails when more than one in twenty canary sessions is slower
///   than `factor` × the stable 95th percentile, and chance does not explain it. Either the tail
///   alone shows this (binomial, one-sided), or the whole arm is slower than half of the factor's
///   allowance (hypergeometric on sessions beyond the stable 75th percentile); the second test
///   needs far fewer sessions when all of them take longer. The comparison must also fail without
///   its worst stratum: a gateway that stalls for a moment slows down all sessions of that moment,
///   and these are no independent samples. A stable arm that is itself broken is no reference.
/// - Nothing passes on fewer than `minimumSessions` good canary sessions. If both arms fail alike,
///   nothing passes at all: the cause lies in the fleet, not in the canary.
///
/// The odds are those of one assessment. Repeated assessments add up, so the bound is strict. An
/// anytime-valid judge can replace this one behind the same protocol.
public struct LimitJudge: Judge {
  /// One assessment of a healthy canary fails less often than once in this many.
  public static let oddsToFail = 20_000.0
  /// The number of compared classes, plus one for all together.
  public static let comparisons = Double(AnswerClass.compared.count + 1)
  /// A rate over its margin holds the step if it is rarer than one in so many.
  public static let oddsToDoubt = 20.0
  /// Below this number of stable sessions nothing is compared.
  public static let minimumStable = 20

  private var generation: Int64 = -1
  var limits: JudgeLimits?
  var sum = Stratum(generation: -1)
  var strata: [Stratum] = []
  /// Whether most sessions of both arms fail.
  private var isOut = false

  public init() {}

  public mutating func begin(generation: Int64, limits: JudgeLimits) {
    guard generation != self.generation else { return }
    self.generation = generation
    self.limits = limits
    sum = Stratum(generation: generation)
    strata = []
    isOut = false
  }

  public mutating func observe(_ stratum: Stratum) {
    guard stratum.generation == generation else { return }
    sum.add(stratum)
    if stratum.canary.sessions > 0 { strata.append(stratum) }
    // An outage begins at half of the sessions and ends below two fifths, so that one more session
    // does not toggle the verdict.
    let (canary, stable) = (sum.canary.answers, sum.stable.answers)
    if isOut {
      isOut = canary.hasFaults(tenths: 4) && stable.hasFaults(tenths: 4)
    } else {
      isOut =
        canary.sessions >= Self.fewest && stable.sessions >= Self.minimumStable
        && canary.hasFaults(tenths: 5) && stable.hasFaults(tenths: 5)
    }
  }

  /// The minimum of canary sessions that can show an outage of both arms.
  private static let fewest = 5

  public func assess() -> Assessment {
    let answers = answerFindings()
    let latency = latencyFinding()
    let findings = answers + [latency]
    let failures = findings.filter(\.fails)
    let wanted = missingSessions()
    let isOutage = failures.isEmpty && (isOut || wanted > 0 && isNobodyServed)
    let verdict: Verdict =
      !failures.isEmpty
      ? .fail
      : isOutage || wanted > 0
        ? .insufficient : findings.contains(where: \.isDoubtful) ? .degraded : .pass
    let reasons =
      (isOutage ? [outageSentence] : [])
      + (failures.isEmpty ? findings : failures).map(\.sentence)
      + (sum.lost > 0
        ? ["\(sum.lost) lines of the session log were lost and are not counted."] : [])
    return Assessment(
      generation: generation, verdict: verdict, reasons: reasons,
      canary: .init(sum.canary), stable: .init(sum.stable), share: measuredShare(),
      pinned: sum.pinned > 0 ? sum.pinned : nil,
      cohorts: sum.cohorts.tenants.isEmpty ? nil : sum.cohorts,
      wanted: verdict == .insufficient ? wanted : 0,
      lost: sum.lost, held: sum.held,
      oddsAgainstHealthy: findings.compactMap(\.odds).max(), isOutage: isOutage ? true : nil)
  }

  /// Enough sessions arrived, hardly any got a good answer, and the stable arm is no better.
  private var isNobodyServed: Bool {
    let (canary, stable) = (sum.canary.answers, sum.stable.answers)
    return canary.sessions >= max(Self.fewest, limits?.minimumSessions ?? 0)
      && stable.sessions >= Self.minimumStable && canary.good * 2 < canary.sessions
      && stable.good * 2 < stable.sessions
  }

  private var outageSentence: String {
    let (canary, stable) = (sum.canary, sum.stable)
    return "Both arms fail alike: this is not the canary's doing. Answered well: canary "
      + "\(Wording.count(canary.sessions - canary.errors)) of \(Wording.count(canary.sessions)), "
      + "stable \(Wording.count(stable.sessions - stable.errors)) of "
      + "\(Wording.count(stable.sessions)). No step widens on such sessions."
  }

  private func missingSessions() -> Int {
    let wanted = limits?.minimumSessions ?? 0
    let missing = max(0, wanted - sum.canary.answers.good)
    if missing == 0, sum.stable.sessions < Self.minimumStable { return 1 }
    return missing
  }

  /// Wilson's interval over the draws.
  private func measuredShare() -> Assessment.MeasuredShare? {
    let draws = sum.canaryDraws + sum.stableDraws
    guard draws > 0 else { return nil }
    let interval = WilsonInterval(successes: sum.canaryDraws, trials: draws).basisPoints
    return Assessment.MeasuredShare(
      canaryDraws: sum.canaryDraws, draws: draws,
      estimate: (sum.canaryDraws * 10_000 + draws / 2) / draws, low: interval.low,
      high: interval.high)
  }
}

extension AnswerCounts {
  /// Whether at least this many tenths of the sessions failed, client mistakes excluded.
  fileprivate func hasFaults(tenths: Int) -> Bool { faults * 10 >= sessions * tenths }
}
