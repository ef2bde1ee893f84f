import SluiceCore
import SluicePorts

/// Where sessions become strata and reach the judge. Sessions arrive all the time; what arrived
/// between two looks is one tick, and each generation in it one stratum.
actor EvidenceDesk {
  private var judge: any Judge
  private var pending: [Int64: Stratum] = [:]
  private var isLost = 0
  private var generation: Int64 = -1
  /// Strata of generations that have not begun yet, or had begun under an earlier controller.
  private var kept: [Int64: [Stratum]] = [:]

  init(judge: any Judge) { self.judge = judge }

  func take(_ batch: EvidenceBatch) {
    for session in batch.sessions {
      pending[session.generation, default: Stratum(generation: session.generation)].count(session)
    }
    isLost += batch.lost
  }

  func assess(generation: Int64, limits: JudgeLimits) -> Assessment {
    for stratum in pending.values { kept[stratum.generation, default: []].append(stratum) }
    pending = [:]
    if generation != self.generation {
      judge.begin(generation: generation, limits: limits)
      self.generation = generation
    }
    // Sessions of earlier generations say nothing any more, however late they come.
    kept = kept.filter { $0.key >= generation }
    for var stratum in kept.removeValue(forKey: generation) ?? [] {
      stratum.lost += isLost
      isLost = 0
      judge.observe(stratum)
    }
    return judge.assess()
  }
}
