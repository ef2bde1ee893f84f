import SluiceArguments
import SluiceCore

extension EvidenceWanted {
  /// The evidence that a step still wants.
  var lines: [StyledText] {
    let held = Wording.duration(heldMilliseconds)
    let needed =
      "  have   \(have) good canary sessions in \(held)   need   about "
      + "\(have.addingClamped(wanted))"
    guard let left = leftMilliseconds else {
      return [
        StyledText(needed),
        StyledText("  rate   none so far; check that clients reach this balancer", .warning),
      ]
    }
    return [
      StyledText(needed),
      StyledText(
        "  rate   \(rate / 10).\(rate % 10) good canary sessions/s   so   about "
          + "\(Wording.duration(left)) more"),
    ]
  }
}
