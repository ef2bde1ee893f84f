/// What a step still wants to be judged: what it has, how fast more comes, and so how long.
public struct EvidenceWanted: Sendable, Hashable {
  /// Sessions of the canary that were answered well.
  public let have: Int
  /// More of them.
  public let wanted: Int
  /// Milliseconds since the step's share was read back, at least 1.
  public let heldMilliseconds: Int64

  /// Nil when the step does not wait for sessions.
  public init?(_ promotion: Promotion, at now: Moment) {
    guard case .ramping = promotion.phase, let assessment = promotion.watch?.assessment,
      assessment.generation == promotion.weights.generation,
      assessment.verdict == .insufficient, assessment.wanted > 0, assessment.isOutage != true
    else { return nil }
    have = assessment.canary.good
    wanted = assessment.wanted
    heldMilliseconds = max(1, now.milliseconds(since: promotion.since) ?? 1)
  }

  /// Tenths of a session a second.
  public var rate: Int { have.multipliedClamped(by: 10_000) / Int(heldMilliseconds) }

  /// Nil while none has come: nothing can be said then.
  public var leftMilliseconds: Int64? {
    have > 0 ? Int64(wanted).multipliedClamped(by: heldMilliseconds) / Int64(have) : nil
  }
}
