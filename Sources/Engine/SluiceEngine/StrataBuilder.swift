import SluiceCore
import SluicePorts

/// Builds strata from sessions: the sessions of one generation that were assigned within one
/// assessment interval, by the balancer's clock. A successor that reads an earlier controller's
/// evidence builds the same strata.
public struct StrataBuilder: Sendable {
  /// One second of one generation. Strata consist of whole ticks.
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
  /// A judge of the same kind, for the step's run log rows.
  private var runJudge: any Judge
  /// A fresh judge, for counts that are taken anew at each assessment.
  private let freshJudge: any Judge
  private var book = RunTracker(arms: [:])

  public init(judge: any Judge, runJudge: any Judge) {
    self.judge = judge
    self.runJudge = runJudge
    freshJudge = runJudge
  }

  /// Sets the arm of each gateway. Before this, run log rows are not counted.
  public mutating func open(arms: [HostName: Arm]) { book = RunTracker(arms: arms) }

  public mutating func take(_ batch: EvidenceBatch) {
    book.take(batch.runs, lost: batch.runs.isEmpty ? 0 : batch.lost)
    book.take(batch.reads)
    guard batch.runs.isEmpty else { return }
    // Sessions arrive in order of assignment, so most belong to the stratum of the one before.
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

  /// The number of sources whose further refusals no longer count; each source is reported once.
  public mutating func takeFloods() -> Int { cap.takeFloods() }

  /// - Parameter now: wall clock, milliseconds since 1970.
  public mutating func assess(generation: Int64, limits: JudgeLimits, now: Int64) -> Assessment {
    if generation != self.generation {
      judge.begin(generation: generation, limits: limits)
      runJudge.begin(generation: generation, limits: limits.forRuns)
      self.generation = generation
    }
    for var stratum in strata(of: generation, limits: limits) {
      stratum.lost += lost
      lost = 0
      judge.observe(stratum)
    }
    // Sessions of earlier generations are no longer evidence, however late they arrive.
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
      // Pages have no run on either arm, so only a difference between the arms counts.
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

extension JudgeLimits {
  /// The limits for run logs. A run log never improves a verdict, so it needs no least number of good
  /// runs. With one, a canary whose few runs all failed would count as "not enough runs yet", which
  /// holds nothing, instead of as doubtful, which holds the step.
  fileprivate var forRuns: JudgeLimits {
    var limits = self
    limits.minimumSessions = 0
    return limits
  }
}
