import SluiceCore

/// How ssh connects to the hosts.
public struct SSHSettings: Sendable, Hashable {
  /// The program, absolute.
  public var program: String
  /// Whose configuration and keys ssh uses.
  public var trust: Trust
  /// Seconds until ssh gives a connection up.
  public var connectSeconds: Int
  /// The whole environment of ssh.
  public var environment: [String: String]

  public enum Trust: Sendable, Hashable {
    /// One key, Sluice's own file of host keys, and nothing of the operator's. `identityFile` nil:
    /// the account's default keys. The file has host keys by the host's name in the fleet.
    case closed(identityFile: String?, knownHostsFile: String)
    /// The operator's `~/.ssh/config`, keys, agent and known hosts.
    case operators
  }

  /// - Parameter environment: with the operator's configuration ssh needs `SSH_AUTH_SOCK` and `PATH`.
  public init(
    program: String = "/usr/bin/ssh", trust: Trust, connectSeconds: Int = 5,
    environment: [String: String] = [:]
  ) {
    self.program = program
    self.trust = trust
    self.connectSeconds = connectSeconds
    self.environment = environment.merging(["LC_ALL": "C"]) { $1 }
  }

  /// No questions, no forwarding, no new host keys, no shared connection: a shared one dies with all
  /// that runs over it.
  ///
  /// - Parameter host: the name under which the closed settings look up the host's key.
  func options(host: HostName) -> [String] {
    var options = [
      "BatchMode=yes", "StrictHostKeyChecking=yes", "UpdateHostKeys=no",
      "ConnectTimeout=\(connectSeconds)", "ServerAliveInterval=5", "ServerAliveCountMax=2",
      "ClearAllForwardings=yes", "PermitLocalCommand=no", "ControlMaster=no", "ControlPath=none",
      "RequestTTY=no", "LogLevel=ERROR",
    ]
    var file: [String] = []
    if case .closed(let identity, let knownHosts) = trust {
      file = ["-F", "none"]
      options += [
        "IdentitiesOnly=yes", "IdentityAgent=none", "UserKnownHostsFile=\(knownHosts)",
        "GlobalKnownHostsFile=/dev/null", "HostKeyAlias=\(host)",
      ]
      if let identity { options.append("IdentityFile=\(identity)") }
    }
    return file + ["-T", "-e", "none"] + options.flatMap { ["-o", $0] }
  }

  /// One word for the shell at the other end.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  /// The directory of a path; characters that a shell could read otherwise leave nothing of it.
  static func folder(of path: String) -> String {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let isPlain = folder.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || Array("/._-+@".utf8).contains(byte)
    }
    return isPlain ? folder : ""
  }
}
