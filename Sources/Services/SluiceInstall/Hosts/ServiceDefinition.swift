/// A process of Sluice as a service of its machine, which starts it after a reboot and after its
/// death. An administrator installs the text.
public struct ServiceDefinition: Sendable, Hashable {
  /// The service's label in launchd.
  var label: String
  /// One line for systemd.
  var summary: String
  var program: String
  var arguments: [String]
  /// The account; nil: the definition is the account's own, and the service runs as that account.
  var user: String?
  /// HOME of the process; nil: it has none.
  var home: String?
  /// The file to which launchd appends the process's messages; systemd has its journal.
  var log: String
  /// The number of files and connections that the process and its children may have open.
  var openFiles: Int

  public init(
    label: String, summary: String, program: String, arguments: [String], user: String?,
    home: String? = nil, log: String, openFiles: Int
  ) {
    self.label = label
    self.summary = summary
    self.program = program
    self.arguments = arguments
    self.user = user
    self.home = home
    self.log = log
    self.openFiles = openFiles
  }

  /// Where a program that Homebrew installed is found, too.
  private static let searchPath =
    "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

  /// A property list for launchd. Programs that the process started outlive it.
  public var launchd: String {
    let strings = ([program] + arguments)
      .map { "    <string>\(ServiceText.xml($0))</string>\n" }.joined()
    let account =
      user.map { "  <key>UserName</key>\n  <string>\(ServiceText.xml($0))</string>\n" } ?? ""
    let variables =
      home.map { "    <key>HOME</key>\n    <string>\(ServiceText.xml($0))</string>\n" } ?? ""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
        <key>Label</key>
        <string>\(ServiceText.xml(label))</string>
        <key>ProgramArguments</key>
        <array>
      \(strings)  </array>
      \(account)  <key>WorkingDirectory</key>
        <string>/</string>
        <key>EnvironmentVariables</key>
        <dict>
          <key>PATH</key>
          <string>\(Self.searchPath)</string>
      \(variables)  </dict>
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
        <string>\(ServiceText.xml(log))</string>
        <key>StandardErrorPath</key>
        <string>\(ServiceText.xml(log))</string>
      </dict>
      </plist>

      """
  }

  /// A systemd unit. Only the process itself ends with the unit.
  public var systemd: String {
    let account = user.map { "User=\($0)\n" } ?? ""
    return """
      [Unit]
      Description=\(summary)
      After=network-online.target
      Wants=network-online.target
      StartLimitIntervalSec=0

      [Service]
      ExecStart=\(([program] + arguments).map(ServiceText.systemd).joined(separator: " "))
      \(account)WorkingDirectory=/
      KillMode=process
      Restart=always
      RestartSec=1
      LimitNOFILE=\(openFiles)

      [Install]
      WantedBy=\(user == nil ? "default.target" : "multi-user.target")

      """
  }
}
