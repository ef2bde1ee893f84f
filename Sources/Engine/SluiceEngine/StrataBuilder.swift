import SluiceCore
import SluicePorts

/// Makes strata of sessions: those of one generation that were assigned in one interval of judging,
/// by the balancer's clock. A successor that reads what an earlier controller kept makes the same
/// strata of it.
public struct StrataBuilder: Sendable {
  /// A second of one generation: strata are put together of whole ones.
  private struct Tick: Hashable, Comparable {
    let generation: Int64
    let second: Int64

    static func < (left: Tick, right: Tick) -> Bool {
      (left.generation, left.second) < (right.generation, right.second)
    }
  }

  private var judge: any Judge
  private var pending: [Tick: Stratum] = [:]
  private var lost = 0
  private var generation: Int64 = -1
  private var cap = RefusalCap()
  /// The same judge for what the gateways' ledgers tell of the same step.
  private var runJudge: any Judge
  /// And one that has seen nothing, for what is counted anew at every look.
  private let freshJudge: any Judge
  private var book = RunTracker(arms: [:])

  public init(judge: any Judge, runJudge: any Judge) {
    self.judge = judge
    self.runJudge = runJudge
    freshJudge = runJudge
  }

  /// Which arm each gateway is in: without it nothing that a run ledger tells is counted.
  public mutating func open(arms: [HostName: Arm]) { book = RunTracker(arms: arms) }

  public mutating func take(_ batch: EvidenceBatch) {
    book.take(batch.runs, lost: batch.runs.isEmpty ? 0 : batch.lost)
    book.take(batch.reads)
    guard batch.runs.isEmpty else { return }
    // Sessions come in the order of their assignment: most belong where the one before did.
    var current: (tick: Tick, stratum: Stratum)?
    for session in batch.sessions {
      book.take(session)
      let tick = Tick(
        generation: session.generation, second: session.assignedMilliseconds / 1_000)
      if let current, current.tick != tick { pending[current.tick] = current.stratum }
      if current?.tick != tick {
        current = (
          tick, pending.removeValue(forKey: tick) ?? Stratum(generation: session.generation)
        )
      }
      current?.stratum.count(session, votes: cap.admits(session))
    }
    if let current { pending[current.tick] = current.stratum }
    lost += batch.lost
  }

  /// Sources that were refused too often to count further, each told once.
  public mutating func takeFloods() -> Int { cap.takeFloods() }

  /// - Parameter now: wall clock, milliseconds since 1970.
  public mutating func assess(generation: Int64, limits: JudgeLimits, now: Int64) -> Assessment {
    if generation != self.generation {
      judge.begin(generation: generation, limits: limits)
      runJudge.begin(generation: generation, limits: limits)
      self.generation = generation
    }
    for var stratum in strata(of: generation, limits: limits) {
      stratum.lost += lost
      lost = 0
      judge.observe(stratum)
    }
    // Sessions of earlier generations say nothing any more, however late they come.
    pending = pending.filter { $0.key.generation > generation }
    let bound = limits.unfinishedBound
    runJudge.observe(book.concluded(generation: generation, bound: bound))
    let assessment = judge.assess()
    guard let summary = book.summary(generation: generation, now: now, bound: bound) else {
      return assessment
    }
    var joined = assessment.joined(with: runJudge.assess(), summary)
    if let begun = book.neverBegan(generation: generation) {
      var judge = freshJudge
      judge.begin(generation: generation, limits: limits)
      judge.observe(begun)
      let verdict = judge.assess()
      // Pages have no run on either arm: only that the arms differ says anything.
      if verdict.verdict == .fail { joined = joined.joined(with: verdict, summary) }
    }
    return joined
  }

  private func strata(of generation: Int64, limits: JudgeLimits) -> [Stratum] {
    let seconds = max(1, limits.intervalMilliseconds / 1_000)
    var strata: [Stratum] = []
    var interval: Int64?
    for (tick, stratum) in pending.sorted(by: { $0.key < $1.key })
    where tick.generation == generation {
      if interval == tick.second / seconds, var last = strata.popLast() {
        last.add(stratum)
        strata.append(last)
      } else {
        strata.append(stratum)
      }
      interval = tick.second / seconds
    }
    return strata
  }
}
