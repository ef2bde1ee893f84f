/// A step according to the gateways' run logs: the work of the OpenClaw agents, beside the answers
/// that the balancer's clients got.
public struct RunSummary: Sendable, Hashable, Codable {
  public struct ArmRuns: Sendable, Hashable, Codable {
    /// Runs that ended, well or not, and runs that will never end.
    public var runs = 0
    public var failed = 0
    /// Runs that began and did not end within the bound: their process was killed, or their client
    /// left.
    public var unfinished = 0
    /// Runs that still execute, as far as the run log shows.
    public var open = 0

    public init() {}

    public var faults: Int { failed + unfinished }
  }

  public var canary = ArmRuns()
  public var stable = ArmRuns()
  /// Missing rows, found as gaps in the run log's numbers.
  public var lost = 0
  /// A sentence for each host whose run log and session log differ in the number of sessions.
  public var disagreements: [String] = []

  public init() {}
}

/// Runs of the gateways, assembled from run log rows, for the steps of a ramp.
///
/// A run belongs to the generation under which the run began. A run log has no generations, so the
/// first session that the balancer assigned under a generation dates the generation's beginning.
public struct RunTracker: Sendable {
  private struct Run {
    var began: Int64
    var ended: Int64?
    var status: RunRow.Status
    var isHTTP: Bool
    var isCounted = false
  }

  private struct Key: Hashable {
    var host: HostName
    var run: String
  }

  private let arms: [HostName: Arm]
  private var runs: [Key: Run] = [:]
  /// When the requests that a host served were assigned, by generation.
  private var served: [Int64: [HostName: [Int64]]] = [:]
  /// The time of the newest row that was read, by host.
  private var known: [HostName: Int64] = [:]
  private var beginnings: [Int64: Int64] = [:]
  private var lost = 0
  private var isHeard = false
  private var beginning = RunBeginnings()

  /// A difference of this many sessions, caused by the change of weights itself, is not reported.
  private static let slack = 3
  /// Younger events than this, in milliseconds, may still be missing in one of the two logs.
  private static let settledMilliseconds: Int64 = 10_000

  public init(arms: [HostName: Arm]) { self.arms = arms }

  public mutating func take(_ runs: [HostRun], lost: Int) {
    isHeard = isHeard || !runs.isEmpty
    self.lost += lost
    for run in runs {
      known[run.host] = max(known[run.host] ?? 0, run.row.occurredMilliseconds)
      if !run.row.isOwn { take(run) }
    }
  }

  /// Takes how far the run logs were read. Call this after taking the rows.
  public mutating func take(_ reads: [LedgerRead]) {
    for read in reads where arms[read.host] != nil { beginning.take(read) }
  }

  /// New sessions of the promotion with answer 200, and the number of them without a run; nil while
  /// nothing can be concluded. Pages, which are no sessions, have no run on either arm.
  ///
  /// - Parameter generation: of the asking step; the count covers all steps so far.
  public func neverBegan(generation: Int64) -> Stratum? {
    // Rows are missing, and some of those runs may have begun.
    guard isHeard, lost == 0 else { return nil }
    var stratum = Stratum(generation: generation)
    for (host, arm) in arms {
      guard let counts = beginning.counts(of: host) else { continue }
      if arm == .canary {
        stratum.canary.answers.add(counts)
      } else {
        stratum.stable.answers.add(counts)
      }
    }
    return stratum
  }

  private mutating func take(_ run: HostRun) {
    let key = Key(host: run.host, run: run.row.run)
    let at = run.row.occurredMilliseconds
    if run.row.status == .started, run.row.isHTTP { beginning.countRun(of: run.host) }
    // An end may arrive first: OpenClaw writes rows asynchronously.
    var known = runs[key] ?? Run(began: at, status: .started, isHTTP: run.row.isHTTP)
    if run.row.status.isEnd {
      known.ended = at
      known.status = run.row.status
    } else {
      known.began = at
    }
    runs[key] = known
  }

  public mutating func take(_ session: SessionRecord) {
    // Without run logs there is nothing to compare sessions with.
    guard !arms.isEmpty else { return }
    let began = beginnings[session.generation] ?? .max
    beginnings[session.generation] = min(began, session.assignedMilliseconds)
    guard let host = session.host, session.status == 200, !session.endedFromOutside else { return }
    if session.isNewSession {
      beginning.countSession(of: host, at: session.assignedMilliseconds)
    }
    served[session.generation, default: [:]][host, default: []]
      .append(session.assignedMilliseconds)
  }

  /// The runs of a generation that ended since the last call, for a judge; each run once.
  ///
  /// - Parameter bound: milliseconds after which a run without an end counts as unfinished, if its
  ///   host's run log goes on that long.
  public mutating func concluded(generation: Int64, bound: Int64) -> Stratum {
    var stratum = Stratum(generation: generation)
    forget(before: beginnings[generation])
    for (key, run) in runs where isOf(generation, run) && !run.isCounted {
      let isUnfinished = run.status == .started && isOverdue(run, of: key.host, bound)
      guard run.status.isEnd || isUnfinished, let arm = arms[key.host] else { continue }
      runs[key]?.isCounted = true
      let answer: AnswerClass = isUnfinished ? .runUnfinished : run.status.answerClass
      if arm == .canary {
        stratum.canary.answers.count(answer)
      } else {
        stratum.stable.answers.count(answer)
      }
    }
    return stratum
  }

  /// Nil while no run log was read.
  ///
  /// - Parameter now: wall clock, milliseconds since 1970. Only reported disagreements depend on
  ///   `now`, never counts.
  public func summary(generation: Int64, now: Int64, bound: Int64) -> RunSummary? {
    guard isHeard else { return nil }
    var summary = RunSummary()
    summary.lost = lost
    for (key, run) in runs where isOf(generation, run) {
      guard let arm = arms[key.host] else { continue }
      let path: WritableKeyPath<RunSummary, RunSummary.ArmRuns> =
        arm == .canary ? \.canary : \.stable
      if run.status.isEnd {
        summary[keyPath: path].runs += 1
        summary[keyPath: path].failed += run.status.isFault ? 1 : 0
      } else if isOverdue(run, of: key.host, bound) {
        summary[keyPath: path].runs += 1
        summary[keyPath: path].unfinished += 1
      } else {
        summary[keyPath: path].open += 1
      }
    }
    summary.disagreements = arms.keys.sorted().compactMap { disagreement($0, generation, now) }
    return summary
  }

  /// The balancer logs a request at its end; a run log has the run at its beginning. So each
  /// request that the balancer served must have begun a run, and each run that ended must belong to
  /// a served request. The comparison covers only runs over HTTP that both logs must contain by
  /// now.
  private func disagreement(_ host: HostName, _ generation: Int64, _ now: Int64) -> String? {
    let assigned = served[generation]?[host] ?? []
    let settled = now - Self.settledMilliseconds
    let own = runs.filter { $0.key.host == host && $0.value.isHTTP && isOf(generation, $0.value) }
    let ended = own.values.count { run in run.ended.map { $0 < settled } ?? false }
    let told = assigned.count {
      $0 < min(settled, (known[host] ?? 0) - Self.settledMilliseconds)
    }
    let slack = Self.slack + max(told, ended) / 50
    if told > own.count + slack {
      return "\(host): the balancer had \(told) sessions served by it, its run log knows of "
        + "\(own.count)."
    }
    if ended > assigned.count + slack {
      return "\(host): its run log has \(ended) runs of requests that ended, the balancer saw "
        + "\(assigned.count): the others did not come through it."
    }
    return nil
  }

  /// By the host's own clock, which wrote both times. A change of the writer's clock, or a while
  /// without reading the host, does not matter.
  private func isOverdue(_ run: Run, of host: HostName, _ bound: Int64) -> Bool {
    known[host].map { $0 - run.began > bound } ?? false
  }

  private func isOf(_ generation: Int64, _ run: Run) -> Bool {
    guard let began = beginnings[generation], run.began >= began else { return false }
    let next = beginnings.filter { $0.key > generation }.values.min()
    return next.map { run.began < $0 } ?? true
  }

  /// Drops runs of earlier generations, which are no longer evidence.
  private mutating func forget(before beginning: Int64?) {
    guard let beginning else { return }
    runs = runs.filter { $0.value.began >= beginning }
  }
}
