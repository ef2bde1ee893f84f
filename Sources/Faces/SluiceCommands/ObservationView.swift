import SluiceArguments
import SluiceCore
import SluiceStatus

/// A fleet that was adopted and never moved: that Sluice only observes, and what the clients got.
struct ObservationView {
  private let status: FleetStatus

  init(_ status: FleetStatus) { self.status = status }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    guard let adoption = status.adoption else { return [] }
    let title =
      StyledText("Sluice only observes   ", .strong)
      + StyledText("adopted on \(adoption.release) by \(adoption.actor), \(adoption.since)")
    return TextTree(title, traffic).lines(width: width, style: style)
  }

  private var traffic: [TextTree] {
    switch status.observed {
    case nil: []
    case .failure(let error)?:
      [TextTree(StyledText("what clients get is not known: \(error.message)", .warning))]
    case .success(let observed)?:
      [
        TextTree(
          StyledText(
            observed.sinceMilliseconds.map { "new sessions since \(Timestamp.text($0))" }
              ?? "the balancer's log has no session yet"),
          observed.gateways.map { TextTree(Self.line($0)) })
      ]
    }
  }

  private static func line(_ gateway: ObservedTraffic.Gateway) -> StyledText {
    let summary = gateway.summary
    let slow = summary.p95.map { "   p95 \(Wording.duration($0))" } ?? ""
    return StyledText(
      "\(gateway.host)   \(Wording.count(summary.sessions)) sessions   "
        + "\(Wording.count(summary.errors)) without a good answer\(slow)   ")
      + StyledText("\(gateway.verdict.rawValue) against the others", Self.tone(gateway.verdict))
  }

  private static func tone(_ verdict: Verdict) -> Tone {
    switch verdict {
    case .pass: .good
    case .degraded: .warning
    case .fail: .bad
    case .insufficient: .faint
    }
  }
}
