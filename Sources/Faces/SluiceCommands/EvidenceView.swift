import SluiceArguments
import SluiceCore
import SluiceJSON

// What a step still wants, for the screen and for programs.

extension EvidenceWanted {
  var lines: [StyledText] {
    let held = Wording.duration(heldMilliseconds)
    let needed =
      "  have   \(have) good canary sessions in \(held)   need   about "
      + "\(have.addingClamped(wanted))"
    guard let left = leftMilliseconds else {
      return [
        StyledText(needed),
        StyledText("  rate   none so far: do clients reach this balancer?", .warning),
      ]
    }
    return [
      StyledText(needed),
      StyledText(
        "  rate   \(rate / 10).\(rate % 10) good canary sessions/s   so   about "
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
