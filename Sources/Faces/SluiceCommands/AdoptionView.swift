import SluiceArguments
import SluiceCore
import SluiceStatus

/// The differences; then each gateway with its proof and the steps that are left; then what keeps the
/// fleet from being adopted; last the next command.
struct AdoptionView {
  private let adoption: FleetAdoption
  private let did: String?

  /// - Parameter did: what the command has just done; nil: it only looked.
  init(_ adoption: FleetAdoption, did: String? = nil) {
    self.adoption = adoption
    self.did = did
  }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    let hosts = adoption.hosts.flatMap { Self.tree($0).lines(width: width, style: style) }
    return FleetDiffView(adoption.diff).lines(width: width, style: style) + hosts
      + rest.flatMap { $0.wrapped(to: width).map { $0.rendered(style) } }
  }

  private static func tree(_ host: HostAdoption) -> TextTree {
    let head =
      StyledText("\(host.host)   ", .strong) + proof(host)
      + StyledText(
        "   checkout \(host.checkout ?? "none"), tree \(host.tree?.short ?? "none")", .faint)
    return TextTree(
      head,
      host.steps.map { step in
        TextTree(
          StyledText(step.why, .warning),
          step.commands.map { command in
            let place = step.place == .writer ? "here" : "on \(host.host)"
            return TextTree(StyledText("\(place):  ", .faint) + StyledText(command))
          })
      })
  }

  private static func proof(_ host: HostAdoption) -> StyledText {
    switch host.proof {
    case .process: StyledText("proven   the process reports the release", .good)
    case .content:
      StyledText("NOT proven", .warning)
        + StyledText(
          "   the files on disk hash to the lock; the process reports "
            + (host.marker.map { "\($0.version)" } ?? "no release"))
    case .nothing:
      StyledText("NOT proven", .bad)
        + StyledText("   the process reports " + (host.marker?.version ?? "no release"))
    }
  }

  private var rest: [StyledText] {
    var lines = adoption.obstacles.map { StyledText("NOT good   ", .bad) + StyledText($0) }
    if let did { lines.append(StyledText(did, .strong)) }
    if let snapshot = adoption.snapshot {
      lines.append(
        StyledText("good   ", .good)
          + StyledText("\(snapshot.hosts.count) gateways prove \(snapshot.release.tag)"))
    }
    if adoption.isArchived, let record = adoption.record {
      lines.append(
        StyledText(
          "This state is archived, by \(record.actor), \(record.since). Sluice only observes until the "
            + "first promotion."))
    } else if adoption.snapshot != nil, let record = adoption.record {
      lines.append(
        StyledText("Another state was archived by \(record.actor), \(record.since).", .warning))
    }
    return lines + [StyledText("next   \(adoption.next.text)")]
  }
}
