/// The evidence that a step still needs for a verdict: the present count, the rate, and the time
/// left.
public struct EvidenceWanted: Sendable, Hashable {
  /// Canary sessions with a good answer.
  public let have: Int
  /// Further sessions needed.
  public let wanted: Int
  /// Milliseconds since the step's share was read back, at least 1.
  public let heldMilliseconds: Int64

  /// Nil if the step does not wait for sessions.
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

  /// Nil before the first session, which gives no rate.
  public var leftMilliseconds: Int64? {
    have > 0 ? Int64(wanted).multipliedClamped(by: heldMilliseconds) / Int64(have) : nil
  }
}
