import SluiceCore
import SluiceJSON

/// The findings of the move to another build, and of the rollback.
public struct BuildStory: Sendable, Hashable {
  /// The builds as the gateway's own process named them.
  public var from: String
  public var to: String
  public var back: String
  /// Of OpenClaw's state, and how long copying it took.
  public var copiedBytes: Int64
  public var copiedMilliseconds: Int64
  /// From the word to turn round to verified.
  public var verified: Int64
  /// A conversation of the old build, continued after the rollback: its turns before and after.
  public var turns: ClosedRange<Int>
  /// Where the newer state is kept.
  public var aside: String
  /// The old build's exit code on the newer state: 78 shows the result of a rollback without a
  /// copy.
  public var refusal: Int32

  static let refused: Int32 = 78

  public init(
    from: String, to: String, back: String, copiedBytes: Int64, copiedMilliseconds: Int64,
    verified: Int64, turns: ClosedRange<Int>, aside: String, refusal: Int32
  ) {
    self.from = from
    self.to = to
    self.back = back
    self.copiedBytes = copiedBytes
    self.copiedMilliseconds = copiedMilliseconds
    self.verified = verified
    self.turns = turns
    self.aside = aside
    self.refusal = refusal
  }

  private var hasSessions: Bool { turns.upperBound == turns.lowerBound + 1 }
  var isWhole: Bool { from == back && from != to && hasSessions && refusal == Self.refused }

  public var sentence: String {
    let sessions = hasSessions ? "with its sessions" : "its SESSIONS GONE"
    let without =
      refusal == Self.refused
      ? "without the copy it refuses to start (exit 78)"
      : "without the copy it ended with \(refusal), not 78"
    return "\(from) → \(to) waited for a person; turned round under load: \(back) is back "
      + "\(sessions), verified in \(Figures.duration(verified)); \(without)"
  }

  var json: [String: JSONValue] {
    [
      "from": .string(from), "to": .string(to), "back": .string(back),
      "copied_bytes": .integer(copiedBytes), "copied_ms": .integer(copiedMilliseconds),
      "verified_ms": .integer(verified), "turn_before": .integer(Int64(turns.lowerBound)),
      "turn_after": .integer(Int64(turns.upperBound)), "aside": .string(aside),
      "refusal_exit_code": .integer(Int64(refusal)),
    ]
  }
}
