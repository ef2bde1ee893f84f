/// What one arm's new sessions of a stratum came to.
public struct ArmTally: Sendable, Hashable, Codable {
  public var answers = AnswerCounts()
  /// Of requests that were answered well: one that fails at once is not a quick one.
  public var latencies = LatencyHistogram()

  public init() {}

  public var sessions: Int { answers.sessions }
  /// Sessions that were not answered well, whatever the class.
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

/// The sessions that were assigned in one tick under one generation of the weights. Within a
/// stratum the arms are comparable whatever the traffic does between strata (docs/decisions/007-strata-by-assignment.md).
public struct Stratum: Sendable, Hashable, Codable {
  public var generation: Int64
  public var canary = ArmTally()
  public var stable = ArmTally()
  /// Draws only: cohorts, cookies and keys say nothing about the share.
  public var canaryDraws = 0
  public var stableDraws = 0
  /// The canary's sessions of tenants who are pinned to it.
  public var pinned = 0
  /// Sessions that stable served because the canary had no live server.
  public var failedOpen = 0
  /// Requests answered `wait` while their gateway was swung.
  public var held = 0
  /// Lines that the log lost; they are in no tally.
  public var lost = 0

  public init(generation: Int64) { self.generation = generation }

  /// - Parameter votes: whether what became of it is evidence; the draw counts in any case.
  public mutating func count(_ record: SessionRecord, votes: Bool = true) {
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
    failedOpen += other.failedOpen
    held += other.held
    lost += other.lost
  }
}
