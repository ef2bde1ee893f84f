import SluiceCore
import SluiceFleetFile
import SluicePorts

@testable import SluiceInstall

/// The answers of hosts that have no agent yet.
extension FuzzParser {
  private static let frame = (before: LookFrame.begin + "\n", after: "\n" + LookFrame.end + "\n")

  private static func answer(_ bytes: [UInt8]) -> ShellAnswer {
    ShellAnswer(exitCode: 0, output: bytes, errors: "")
  }

  /// Whatever a host shows, the new `sluice.yaml` can be loaded.
  static let firstLook = FuzzParser(
    "first-look", maximumBytes: 2_048,
    words: [
      "system=", "openclaw=/", "launchd=", "systemd=", "|", "listener=", ":18789", "home=/",
      "address=", "peer=",
    ], around: frame
  ) { bytes in
    let result = FirstLookReader.read(answer(bytes))
    var interview = Interview()
    _ = interview.answer(.fleet, "f")
    _ = interview.answer(.hosts, "mac-a mac-b")
    _ = interview.answer(.canary, "mac-a")
    _ = interview.answer(.balancer, "0.0.0.0:8080")
    interview.learn([HostName("mac-a"): result])
    let draft = FleetDraft(interview, routes: [:], writer: result.look)
    let fleet = try? FleetFile.read(Array(draft.text.utf8), file: "sluice.yaml")
    try require(fleet?.hosts.count == 2, "a new sluice.yaml cannot be loaded")
  }

  static let installSight = FuzzParser(
    "install-sight", maximumBytes: 1_024,
    words: ["platform=", "user=", "uid=", "home=/", "root=yes", "state=own", "key=exact"],
    around: frame
  ) { bytes in
    guard let sight = try? InstallSight.read(answer(bytes), of: HostName("mac-a")) else { return }
    try require(
      !sight.user.contains("'") && !sight.user.isEmpty && sight.home.hasPrefix("/"),
      "an account could end a word of a script")
  }

  static let hostKeys = FuzzParser(
    "host-keys", maximumBytes: 512, words: ["mac-a ssh-ed25519 ", "ssh-rsa ", "AAAA", "# "]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let key = HostKey.scanned(text) {
      let again = HostKey.recorded(for: HostName("m"), in: key.line(for: HostName("m")))
      try require(again == [key], "a recorded host key reads as another one")
    }
    try require(
      HostKey.recorded(for: HostName("m"), in: HostKey.removing(HostName("m"), from: text)).isEmpty,
      "a removed host key is still there")
    _ = (SSHDestination(text), SSHRoute(text))
  }
}
