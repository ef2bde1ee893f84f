import SluiceArguments
import SluiceCore

/// Where hosts differ, host by host: path, what is there, and what the release says.
struct FleetDiffView {
  let diff: FleetDiff

  init(_ diff: FleetDiff) { self.diff = diff }

  func lines(width: Int = TerminalSize.widest, style: Style) -> [String] {
    guard let lock = diff.lock, let digest = diff.lockDigest else {
      return StyledText("no gateway's checkout has an openclaw.lock: nothing to compare with", .bad)
        .wrapped(to: width).map { $0.rendered(style) }
    }
    let title =
      StyledText(
        "compared with skills \(lock.skills.version), OpenClaw \(lock.openclaw.version)   ")
      + StyledText("openclaw.lock \(digest.short)", .faint)
    guard !diff.differences.isEmpty else {
      return (title + StyledText("   no differences", .good)).wrapped(to: width)
        .map { $0.rendered(style) }
    }
    let hosts = diff.hosts.map { host in
      TextTree(
        StyledText(host.rawValue, .strong),
        diff.differences.filter { $0.host == host }.map { TextTree(Self.line($0)) })
    }
    return TextTree(title, hosts).lines(width: width, style: style)
  }

  private static func line(_ difference: FleetDiff.Difference) -> StyledText {
    StyledText("\(difference.subject.rawValue)  ", .warning) + StyledText(difference.path)
      + StyledText("  is \(difference.has)", .bad) + StyledText("  not \(difference.wants)")
  }
}
