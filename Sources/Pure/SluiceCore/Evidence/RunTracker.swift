/// What the gateways' run ledgers say of a step: what the agents did, beside what the balancer's
/// clients waited for.
public struct RunSummary: Sendable, Hashable, Codable {
  public struct ArmRuns: Sendable, Hashable, Codable {
    /// That have ended, well or not, and those that never will.
    public var runs = 0
    public var failed = 0
    /// That began and did not end within the bound: their process was killed, or their client left.
    public var unfinished = 0
    /// That still run, as far as anybody knows.
    public var open = 0

    public init() {}

    public var faults: Int { failed + unfinished }
  }

  public var canary = ArmRuns()
  public var stable = ArmRuns()
  /// Rows that are missing in a ledger whose numbers have no gaps.
  public var lost = 0
  /// Sentences: hosts of which balancer and run ledger do not tell the same number of sessions.
  public var disagreements: [String] = []

  public init() {}
}

/// Runs as the gateways' ledgers tell them, put together of their rows, for the steps of a ramp.
///
/// A run belongs to the generation under which it began: a ledger does not know generations, so the
/// first session that the balancer assigned under each tells when it began.
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
  /// How far each host's ledger was read: when its newest row was written.
  private var known: [HostName: Int64] = [:]
  private var beginnings: [Int64: Int64] = [:]
  private var lost = 0
  private var isHeard = false
  private var beginning = RunBeginnings()

  /// Sessions that the two may differ by without a word: those of the change itself.
  private static let slack = 3
  /// What happened later than this ago, in milliseconds, one of the two may not have told yet.
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

  /// How far the ledgers were read, after the rows that were read.
  public mutating func take(_ reads: [LedgerRead]) {
    for read in reads where arms[read.host] != nil { beginning.take(read) }
  }

  /// New sessions of the promotion that a gateway answered with 200, and how many of them have no run;
  /// nil while nothing can be said. Pages that are no session have none on either arm.
  ///
  /// - Parameter generation: the step that asks; the count is of all steps so far.
  public func neverBegan(generation: Int64) -> Stratum? {
    // Rows are missing: some of those runs may have begun.
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
    // An end may come first: rows are written by the way.
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
    // Where no ledger is read there is nothing to hold sessions against.
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

  /// What ended of a generation's runs since the last look, for a judge: each run once.
  ///
  /// - Parameter bound: a run whose host's ledger goes on for so many milliseconds without its end
  ///   never will end.
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

  /// Nil as long as no ledger was heard.
  ///
  /// - Parameter now: wall clock, milliseconds since 1970; what was told, never what is counted,
  ///   depends on it.
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

  /// The balancer logs a request when it ends, a ledger tells of its run when it begins: what the
  /// balancer served must have begun, and what ended must have been served by it. Only what both must
  /// have told by now is compared, and only runs that came as requests.
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

  /// By the host's own clock, which wrote both: whoever sets the writer's clock, or cannot read the
  /// host for a while, has no say.
  private func isOverdue(_ run: Run, of host: HostName, _ bound: Int64) -> Bool {
    known[host].map { $0 - run.began > bound } ?? false
  }

  private func isOf(_ generation: Int64, _ run: Run) -> Bool {
    guard let began = beginnings[generation], run.began >= began else { return false }
    let next = beginnings.filter { $0.key > generation }.values.min()
    return next.map { run.began < $0 } ?? true
  }

  /// Runs of earlier generations say nothing any more.
  private mutating func forget(before beginning: Int64?) {
    guard let beginning else { return }
    runs = runs.filter { $0.value.began >= beginning }
  }
}
