import SluiceCore

/// The service definition of a host's agent: a property list of launchd, or a unit of systemd.
public struct AgentUnit: Sendable, Hashable {
  public enum Manager: String, Sendable, Hashable { case launchd, systemd }

  /// Whose service the agent is: the machine's, which root installs, or the account's own.
  public enum Scope: String, Sendable, Hashable, CaseIterable { case system, user }

  static let label = "ai.openclaw.sluice.agent"

  let manager: Manager
  let scope: Scope
  let place: AgentPlace
  /// The account that the agent runs as, its number and its home.
  let account: String
  let accountNumber: UInt32
  let home: String

  var fileName: String {
    manager == .launchd ? "\(Self.label).plist" : "sluice-agent.service"
  }

  /// Where the service manager looks for the definition.
  var path: String {
    switch (manager, scope) {
    case (.launchd, .system): "/Library/LaunchDaemons/\(fileName)"
    case (.launchd, .user): "\(home)/Library/LaunchAgents/\(fileName)"
    case (.systemd, .system): "/etc/systemd/system/\(fileName)"
    case (.systemd, .user): "\(home)/.config/systemd/user/\(fileName)"
    }
  }

  /// launchd's domain.
  var domain: String { scope == .system ? "system" : "gui/\(accountNumber)" }

  var text: String {
    let arguments = [
      place.program, "agent", "--fleet", place.fleet, "--host", place.host.rawValue,
    ]
    switch manager {
    case .launchd: return launchd(arguments)
    case .systemd: return systemd(arguments)
    }
  }

  /// A gateway that the agent started as a process outlives the agent.
  private func launchd(_ arguments: [String]) -> String {
    let words = arguments.map { "    <string>\(ServiceText.xml($0))</string>\n" }.joined()
    let user =
      scope == .user
      ? "" : "  <key>UserName</key>\n  <string>\(ServiceText.xml(account))</string>\n"
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      <dict>
        <key>Label</key>
        <string>\(Self.label)</string>
        <key>ProgramArguments</key>
        <array>
      \(words)  </array>
      \(user)  <key>EnvironmentVariables</key>
        <dict>
          <key>HOME</key>
          <string>\(ServiceText.xml(home))</string>
        </dict>
        <key>RunAtLoad</key>
        <true/>
        <key>KeepAlive</key>
        <true/>
        <key>AbandonProcessGroup</key>
        <true/>
        <key>StandardErrorPath</key>
        <string>\(ServiceText.xml(place.log))</string>
      </dict>
      </plist>

      """
  }

  private func systemd(_ arguments: [String]) -> String {
    let command = arguments.map(ServiceText.systemd).joined(separator: " ")
    let user = scope == .user ? "" : "User=\(account)\n"
    return """
      [Unit]
      Description=Sluice: the agent of \(place.host)
      After=network-online.target
      Wants=network-online.target

      [Service]
      ExecStart=\(command)
      \(user)KillMode=process
      Restart=always
      RestartSec=2

      [Install]
      WantedBy=\(scope == .user ? "default.target" : "multi-user.target")

      """
  }
}

/// The files of Sluice on a host: all of them in the agent's own directory.
public struct AgentPlace: Sendable, Hashable {
  public let host: HostName
  public let state: String
  public let socket: String

  public init(_ host: HostSpec) {
    self.host = host.name
    state = host.paths.state
    socket = host.link.socket
  }

  public var program: String { "\(state)/bin/sluice" }
  /// The host's copy of `sluice.yaml`.
  public var fleet: String { "\(state)/sluice.yaml" }
  var log: String { "\(state)/agent.log" }
}

/// Words for the files of service managers.
public enum ServiceText {
  /// For the text of an XML element.
  public static func xml(_ text: String) -> String {
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
  public static func systemd(_ text: String) -> String {
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
