/// The results of one arm's new sessions in a stratum.
public struct ArmTally: Sendable, Hashable, Codable {
  public var answers = AnswerCounts()
  /// Of sessions with a good answer: a request that fails at once is not fast.
  public var latencies = LatencyHistogram()

  public init() {}

  public var sessions: Int { answers.sessions }
  /// Sessions without a good answer, of any class.
  public var errors: Int { answers.bad }

  public mutating func count(_ record: SessionRecord) {
    let answer = record.answerClass
    answers.count(answer)
    if answer.isGood, !record.isWebSocket {
      latencies.record(milliseconds: record.activeMilliseconds)
    }
  }

  public mutating func add(_ other: ArmTally) {
    answers.add(other.answers)
    latencies.add(other.latencies)
  }
}

/// The sessions assigned in one tick under one generation of the weights. Within a stratum the arms
/// are comparable, however the traffic changes between strata
/// (docs/decisions/007-strata-by-assignment.md).
public struct Stratum: Sendable, Hashable, Codable {
  public var generation: Int64
  public var canary = ArmTally()
  public var stable = ArmTally()
  /// Draws only: cohorts, cookies and keys say nothing about the share.
  public var canaryDraws = 0
  public var stableDraws = 0
  /// The canary's sessions of tenants that are pinned to it.
  public var pinned = 0
  /// Where the sessions of a step's tenants went, and those of everybody else.
  public var cohorts = CohortCounts()
  /// Sessions that stable served because the canary had no live server.
  public var failedOpen = 0
  /// Requests that the balancer answered with `wait` while their gateway was swinging.
  public var held = 0
  /// Lines that the log lost; no tally contains them.
  public var lost = 0

  public init(generation: Int64) { self.generation = generation }

  /// - Parameter votes: whether the session's outcome is evidence; its draw counts in any case.
  public mutating func count(_ record: SessionRecord, votes: Bool = true) {
    cohorts.count(record)
    switch record.why {
    case .failOpen: failedOpen += 1
    case .hold: held += 1
    case .cookie, .key: break
    case .draw, .cohort:
      if votes, !record.isMerePage {
        if record.arm == .canary { canary.count(record) } else { stable.count(record) }
      }
      guard record.why == .draw else {
        if record.arm == .canary { pinned += 1 }
        return
      }
      if record.arm == .canary { canaryDraws += 1 } else { stableDraws += 1 }
    }
  }

  public mutating func add(_ other: Stratum) {
    canary.add(other.canary)
    stable.add(other.stable)
    canaryDraws += other.canaryDraws
    stableDraws += other.stableDraws
    pinned += other.pinned
    cohorts.add(other.cohorts)
    failedOpen += other.failedOpen
    held += other.held
    lost += other.lost
  }
}
