import SluiceCore
import SluiceSystem

/// A process of Sluice as a service of its machine, which starts it after a reboot and after its
/// death. An administrator installs the text.
public struct ServiceDefinition: Sendable, Hashable {
  /// What launchd calls it.
  var label: String
  /// One line for systemd.
  var summary: String
  var program: String
  var arguments: [String]
  var user: String
  /// The file to which launchd appends the process's messages; systemd has its journal.
  var log: String
  /// The number of files and connections that the process and its children may have open.
  var openFiles: Int

  /// Where a program that Homebrew installed is found, too.
  private static let searchPath =
    "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

  /// For this machine.
  public var text: String {
    switch Platform.current {
    case .macOS: launchd
    case .linux: systemd
    }
  }

  /// A property list for launchd. Programs that the process started outlive it.
  var launchd: String {
    let strings = ([program] + arguments)
      .map { "    <string>\(Self.escaped($0))</string>\n" }.joined()
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
        <key>Label</key>
        <string>\(Self.escaped(label))</string>
        <key>ProgramArguments</key>
        <array>
      \(strings)  </array>
        <key>UserName</key>
        <string>\(Self.escaped(user))</string>
        <key>WorkingDirectory</key>
        <string>/</string>
        <key>EnvironmentVariables</key>
        <dict>
          <key>PATH</key>
          <string>\(Self.searchPath)</string>
        </dict>
        <key>RunAtLoad</key>
        <true/>
        <key>KeepAlive</key>
        <true/>
        <key>AbandonProcessGroup</key>
        <true/>
        <key>ThrottleInterval</key>
        <integer>1</integer>
        <key>SoftResourceLimits</key>
        <dict>
          <key>NumberOfFiles</key>
          <integer>\(openFiles)</integer>
        </dict>
        <key>HardResourceLimits</key>
        <dict>
          <key>NumberOfFiles</key>
          <integer>\(openFiles)</integer>
        </dict>
        <key>StandardOutPath</key>
        <string>\(Self.escaped(log))</string>
        <key>StandardErrorPath</key>
        <string>\(Self.escaped(log))</string>
      </dict>
      </plist>

      """
  }

  /// A systemd unit. Only the process itself ends with the unit.
  var systemd: String {
    """
    [Unit]
    Description=\(summary)
    After=network-online.target
    Wants=network-online.target
    StartLimitIntervalSec=0

    [Service]
    ExecStart=\(([program] + arguments).map(Self.quoted).joined(separator: " "))
    User=\(user)
    WorkingDirectory=/
    KillMode=process
    Restart=always
    RestartSec=1
    LimitNOFILE=\(openFiles)

    [Install]
    WantedBy=multi-user.target

    """
  }

  private static func escaped(_ text: String) -> String {
    text.map { character -> String in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      default: String(character)
      }
    }.joined()
  }

  /// systemd.syntax(7): a double-quoted word, `%` and `$` doubled. A plain word stays as it is.
  private static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") || "-".utf8.contains($0)
    }
    if isPlain, !text.isEmpty { return text }
    let inner = text.map { character -> String in
      switch character {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "%": "%%"
      case "$": "$$"
      default: String(character)
      }
    }.joined()
    return "\"\(inner)\""
  }
}

extension ServiceDefinition {
  /// More than a host's agent has ever needed: its queries, its probe's callers and its gateway.
  private static let agentFiles = 4_096
  /// What the keeper's service allows at least, so that `balancer.max_connections` can grow without
  /// a new service definition.
  private static let leastBalancerFiles = 65_536

  /// The keeper, which starts HAProxy after a reboot. HAProxy outlives its keeper, and inherits its
  /// limit of open files.
  ///
  /// - Parameter openFiles: as many as HAProxy needs.
  static func keeper(
    program: String, fleetPath: String, user: String, log: String, openFiles: Int
  ) -> ServiceDefinition {
    ServiceDefinition(
      label: "ai.openclaw.sluice.balancer",
      summary: "Sluice: keeps the balancer of the OpenClaw fleet running", program: program,
      arguments: ["balancer", "keep", "--fleet", fleetPath], user: user, log: log,
      openFiles: max(leastBalancerFiles, openFiles))
  }

  /// A host's agent. A gateway that Sluice itself started outlives the agent.
  public static func agent(of host: HostSpec, fleetPath: String, user: String) -> ServiceDefinition
  {
    let log = "\(host.paths.state)/agent.log"
    return ServiceDefinition(
      label: "ai.openclaw.sluice.agent", summary: "Sluice: the agent of \(host.name)",
      program: HostFacts.executablePath(),
      arguments: [
        "agent", "--host", host.name.rawValue, "--fleet", fleetPath, "--log", log,
      ], user: user, log: log, openFiles: agentFiles)
  }
}
