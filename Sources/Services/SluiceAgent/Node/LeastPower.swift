import SluiceCore
import SluicePorts
import SluiceSystem

/// Limits on the agent's account. It must not be root in directories that another account can
/// change, and should not be OpenClaw's own user.
enum LeastPower {
  /// Root copies, links and removes by name in these directories. An owner of such a directory can
  /// replace a folder by a link between two steps, and so make root write anywhere.
  static func refusal(
    _ host: HostSpec, user: UInt32 = HostFacts.userIdentifier
  ) -> PortError? {
    guard user == 0 else { return nil }
    // The agent's own state must be private for any account: see Files.makePrivateDirectory.
    var walked = [host.paths.skills, host.paths.tenants]
    if let builds = host.paths.builds {
      walked.append(builds)
      if let state = host.openclaw.stateDirectory { walked.append(state) }
    }
    for path in walked {
      guard let status = (try? Files.status(of: path)) ?? nil else { continue }
      // A link has no permissions of its own; its owner counts.
      let isOpen = status.kind == .directory && status.mode & 0o022 != 0
      guard status.owner != 0 || isOpen else { continue }
      let whose =
        status.owner == 0
        ? "may be written to by others"
        : "belongs to \(HostFacts.userName(of: status.owner) ?? String(status.owner))"
      return PortError(
        .refused,
        "the agent of \(host.name) runs as root, and \(path) \(whose): with a link there they could "
          + "have root write anywhere",
        remedy: status.owner == 0
          ? "chmod go-w \(path)"
          : "Run the agent as that user (User= of its unit, UserName of its property list), or "
            + "better as one of its own that owns these directories; or, as root, own them:  "
            + "chown root \(path)")
    }
    return nil
  }

  /// - Parameters:
  ///   - gateway: the account of the gateway's process; nil if unknown.
  ///   - agent: the account of this process.
  static func meaning(
    gateway: UInt32?, pid: Int32?, agent: UInt32 = HostFacts.userIdentifier
  ) -> (GatewayAnswer.Level, came: String, means: String) {
    let name = { (user: UInt32) in HostFacts.userName(of: user) ?? String(user) }
    guard let pid else { return (.expected, "agent \(name(agent)), no gateway", "") }
    guard let gateway else {
      return (
        .odd, "agent \(name(agent)), process \(pid) does not say",
        "See that the gateway's user is not the agent's:  ps -o user= -p \(pid)"
      )
    }
    let came = "agent \(name(agent)), gateway \(name(gateway))"
    guard gateway == agent else { return (.expected, came, "") }
    return (
      .odd, came,
      "What runs in OpenClaw may write to all that Sluice owns here: its socket, its epoch, links and "
        + "slices. Give the agent a user of its own, which owns \"skills\", \"state\" and the token's "
        + "file and may restart the gateway."
    )
  }
}
