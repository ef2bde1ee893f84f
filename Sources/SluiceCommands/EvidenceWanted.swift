import SluiceArguments
import SluiceCore
import SluiceJSON

/// What a step still wants to be judged: what it has, how fast more comes, and so how long.
struct EvidenceWanted {
  let have: Int
  /// More sessions of the canary.
  let wanted: Int
  /// Since the step's share was read back.
  let heldMilliseconds: Int64

  /// Nil when the step does not wait for sessions.
  init?(_ promotion: Promotion, at now: Moment) {
    guard case .ramping = promotion.phase, let assessment = promotion.watch?.assessment,
      assessment.generation == promotion.weights.generation,
      assessment.verdict == .insufficient, assessment.wanted > 0
    else { return nil }
    have = assessment.canary.sessions
    wanted = assessment.wanted
    heldMilliseconds = max(1, now.milliseconds(since: promotion.since) ?? 1)
  }

  /// Tenths of a session a second.
  private var rate: Int { have.multipliedClamped(by: 10_000) / Int(heldMilliseconds) }

  /// Nil while none has come: nothing can be said then.
  private var leftMilliseconds: Int64? {
    have > 0 ? Int64(wanted).multipliedClamped(by: heldMilliseconds) / Int64(have) : nil
  }

  var lines: [StyledText] {
    let held = Wording.duration(heldMilliseconds)
    let needed =
      "  have   \(have) canary sessions in \(held)   need   about \(have.addingClamped(wanted))"
    guard let left = leftMilliseconds else {
      return [
        StyledText(needed),
        StyledText("  rate   none so far: do clients reach this balancer?", .warning),
      ]
    }
    return [
      StyledText(needed),
      StyledText(
        "  rate   \(rate / 10).\(rate % 10) canary sessions/s   so   about "
          + "\(Wording.duration(left)) more"),
    ]
  }

  var json: JSONValue {
    [
      "have": .integer(Int64(have)), "wanted": .integer(Int64(wanted)),
      "held_ms": .integer(heldMilliseconds),
      "left_ms": leftMilliseconds.map { .integer($0) } ?? .null,
    ]
  }
}
