import SluiceCore

/// The service definition of a host's agent: a property list of launchd, or a unit of systemd.
public struct AgentUnit: Sendable, Hashable {
  public enum Manager: String, Sendable, Hashable { case launchd, systemd }

  /// Whose service the agent is: the machine's, which root installs, or the account's own.
  public enum Scope: String, Sendable, Hashable, CaseIterable { case system, user }

  static let label = "ai.openclaw.sluice.agent"
  /// More than a host's agent has ever needed: its queries, its probe's callers and its gateway.
  public static let openFiles = 4_096

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
    let service = ServiceDefinition(
      label: Self.label, summary: "Sluice: the agent of \(place.host)", program: place.program,
      arguments: [
        "agent", "--fleet", place.fleet, "--host", place.host.rawValue, "--log", place.log,
      ], user: scope == .user ? nil : account, home: home, log: place.log,
      openFiles: Self.openFiles)
    return manager == .launchd ? service.launchd : service.systemd
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
    socket = host.connection.socket
  }

  public var program: String { "\(state)/bin/sluice" }
  /// The host's copy of `sluice.yaml`.
  public var fleet: String { "\(state)/sluice.yaml" }
  var log: String { "\(state)/agent.log" }
}
