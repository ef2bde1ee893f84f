import SluiceCore

/// The keeper as a service of the machine, which starts HAProxy after a reboot. An administrator
/// installs it.
public enum KeeperService {
  public static let label = "ai.openclaw.sluice.balancer"

  /// A property list for launchd. HAProxy outlives its keeper.
  public static func launchd(program: String, fleetPath: String, user: String, log: String)
    -> String
  {
    let arguments = [program, "balancer", "keep", "--fleet", fleetPath]
      .map { "    <string>\(escaped($0))</string>\n" }.joined()
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
        <key>Label</key>
        <string>\(label)</string>
        <key>ProgramArguments</key>
        <array>
      \(arguments)  </array>
        <key>UserName</key>
        <string>\(escaped(user))</string>
        <key>RunAtLoad</key>
        <true/>
        <key>KeepAlive</key>
        <true/>
        <key>AbandonProcessGroup</key>
        <true/>
        <key>ThrottleInterval</key>
        <integer>1</integer>
        <key>StandardErrorPath</key>
        <string>\(escaped(log))</string>
      </dict>
      </plist>

      """
  }

  /// A systemd unit. Only the keeper ends with the unit; HAProxy keeps serving.
  public static func systemd(program: String, fleetPath: String, user: String) -> String {
    """
    [Unit]
    Description=Sluice: keeps the balancer of the OpenClaw fleet running
    After=network-online.target
    Wants=network-online.target

    [Service]
    ExecStart=\(quoted(program)) balancer keep --fleet \(quoted(fleetPath))
    User=\(user)
    KillMode=process
    Restart=always
    RestartSec=1
    LimitNOFILE=1048576

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

  /// systemd.syntax(7): a double-quoted word, `%` and `$` doubled.
  private static func quoted(_ text: String) -> String {
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
