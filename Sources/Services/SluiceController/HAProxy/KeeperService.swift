import SluiceInstall

/// The keeper as a service of the machine, which starts HAProxy after a reboot. An administrator
/// installs it.
public enum KeeperService {
  public static let label = "ai.openclaw.sluice.balancer"

  /// A property list for launchd. HAProxy outlives its keeper.
  public static func launchd(program: String, fleetPath: String, user: String, log: String)
    -> String
  {
    let arguments = [program, "balancer", "keep", "--fleet", fleetPath]
      .map { "    <string>\(ServiceText.xml($0))</string>\n" }.joined()
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
        <string>\(ServiceText.xml(user))</string>
        <key>RunAtLoad</key>
        <true/>
        <key>KeepAlive</key>
        <true/>
        <key>AbandonProcessGroup</key>
        <true/>
        <key>ThrottleInterval</key>
        <integer>1</integer>
        <key>StandardErrorPath</key>
        <string>\(ServiceText.xml(log))</string>
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
    ExecStart=\(ServiceText.systemd(program)) balancer keep --fleet \(ServiceText.systemd(fleetPath))
    User=\(user)
    KillMode=process
    Restart=always
    RestartSec=1
    LimitNOFILE=1048576

    [Install]
    WantedBy=multi-user.target

    """
  }
}
