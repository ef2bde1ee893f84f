import SluiceCore

extension LimitJudge {
  struct Finding {
    var sentence: String
    var isOverLimit: Bool
    /// A healthy canary would look like this in one of so many; nil when it says nothing.
    var odds: Int64?
    /// From which odds on it fails, and from which it holds.
    var oddsToFail = LimitJudge.oddsToFail
    var oddsToDoubt = 0.0

    var fails: Bool { isOverLimit && Double(odds ?? 0) >= oddsToFail }
    var isDoubtful: Bool { isOverLimit && Double(odds ?? 0) >= oddsToDoubt }
  }

  // MARK: Answers

  /// The classes that are over their limit, the rarest by chance first; then all of them together,
  /// unless one class is all of it.
  func answerFindings() -> [Finding] {
    let (canary, stable) = (sum.canary.answers, sum.stable.answers)
    var classes: [Finding] = []
    var isTold = false
    for answer in AnswerClass.compared where canary[answer] > 0 {
      // Whose client left is no session else.
      let ofCanary = canary.sessions + (answer.isSession ? 0 : canary[answer])
      let ofStable = stable.sessions + (answer.isSession ? 0 : stable[answer])
      let finding = finding(
        answer.rawValue, Rate(canary[answer], of: ofCanary), Rate(stable[answer], of: ofStable))
      guard finding.isDoubtful else { continue }
      isTold = isTold || canary[answer] == canary.bad
      classes.append(finding)
    }
    classes.sort { ($0.odds ?? 0, $1.sentence) > ($1.odds ?? 0, $0.sentence) }
    if isTold { return classes }
    let all = finding(
      "errors", Rate(canary.bad, of: canary.sessions), Rate(stable.bad, of: stable.sessions))
    return classes + [all]
  }

  struct Rate {
    var count: Int
    var total: Int

    init(_ count: Int, of total: Int) {
      self.count = count
      self.total = total
    }

    var words: String { "\(Wording.count(count)) of \(Wording.count(total))" }

    /// Basis points; 0 of nothing.
    var value: Double { total > 0 ? Double(count) * 10_000 / Double(total) : 0 }
  }

  private func finding(_ name: String, _ canary: Rate, _ stable: Rate) -> Finding {
    let figures = "\(name): canary \(canary.words) sessions, stable \(stable.words)."
    guard canary.total > 0, stable.total >= Self.minimumStable else {
      return Finding(sentence: figures, isOverLimit: false, odds: nil)
    }
    return Finding(
      sentence: figures,
      isOverLimit: canary.value - stable.value > Double(limits?.errorMargin ?? 0),
      odds: Statistics.odds(Self.chance(of: canary, beside: stable)),
      oddsToFail: Self.oddsToFail * Self.comparisons, oddsToDoubt: Self.oddsToDoubt)
  }

  /// How often as many or more would be in the first arm if the arms were alike.
  private static func chance(of rate: Rate, beside other: Rate) -> Double {
    Statistics.hypergeometricTail(
      canary: rate.total, canaryErrors: rate.count, stable: other.total,
      stableErrors: other.count)
  }

  // MARK: Latency

  func latencyFinding() -> Finding {
    if isReferenceBroken {
      return Finding(
        sentence: "p95: not compared, for the stable arm fails more often than the canary.",
        isOverLimit: false, odds: nil)
    }
    let whole = latencyFinding(sum)
    guard whole.fails else { return whole }
    // Over the limit it stays; the odds are those that hold without the worst moment.
    var result = whole
    result.odds = latencyFinding(withoutWorst(of: sum)).odds
    return result
  }

  /// Whether the stable arm fails far more often than the canary: half of its sessions, or so many
  /// that it is no chance. Those that were answered are not what its sessions usually are.
  private var isReferenceBroken: Bool {
    let (canary, stable) = (sum.canary.answers, sum.stable.answers)
    let ofStable = Rate(stable.bad, of: stable.sessions)
    let ofCanary = Rate(canary.bad, of: canary.sessions)
    guard ofStable.value - ofCanary.value > Self.brokenMargin, ofCanary.total > 0,
      ofStable.total >= Self.minimumStable
    else { return false }
    return ofStable.value >= Self.mostly
      || Self.chance(of: ofStable, beside: ofCanary) < Self.brokenChance
  }

  /// Basis points.
  private static let brokenMargin = 1_000.0
  private static let mostly = 5_000.0
  private static let brokenChance = 0.001

  /// All strata but the one with the most canary sessions beyond the stable 95th percentile.
  private func withoutWorst(of sum: Stratum) -> Stratum {
    let bound = sum.stable.latencies.quantile(permille: 950) ?? 0
    let slow = strata.map { $0.canary.latencies.count(above: bound) }
    let worst = slow.indices.max { slow[$0] < slow[$1] }
    var rest = Stratum(generation: sum.generation)
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
      Statistics.binomialTail(trials: total, atLeast: slow, permille: 50), bulkChance(sum, factor))
    let sentence =
      "p95: canary \(canary) ms, stable \(stable) ms; \(slow) of \(total) canary sessions took "
      + "longer than \(bound) ms."
    return Finding(
      sentence: sentence, isOverLimit: slow * 20 > total, odds: Statistics.odds(chance))
  }

  /// How often a canary that is slower by half of the allowance would have as many sessions beyond
  /// the stable 75th percentile, stretched by that half.
  private func bulkChance(_ sum: Stratum, _ factor: Int) -> Double {
    let canary = sum.canary.latencies
    let stable = sum.stable.latencies
    guard let quartile = stable.quantile(permille: 750) else { return 1 }
    return Statistics.hypergeometricTail(
      canary: canary.total, canaryErrors: canary.count(above: quartile * Int64(100 + factor) / 200),
      stable: stable.total, stableErrors: stable.count(above: quartile))
  }
}
