import SluiceCore

/// The facts that `sluice init` reads from a host over ssh, before the host has an agent. A fact is
/// nil where the host did not show it.
public struct FirstLook: Sendable, Hashable {
  /// `Darwin` or `Linux`.
  public var system: String?
  /// As `uname -m` names it, such as `arm64`.
  public var machine: String?
  /// The account that the look ran as.
  public var user: String?
  public var home: String?
  /// The host's own address on the connection of the look.
  public var address: String?
  /// The address of the machine that looked, as the host saw it.
  public var peer: String?
  /// The program of OpenClaw, an absolute path.
  public var openclaw: String?
  public var openclawVersion: String?
  /// A file that could be the gateway's token. The look never reads the file.
  public var tokenFile: String?
  /// OpenClaw's services, in the order in which they were found.
  public var services: [GatewayService] = []
  /// Where OpenClaw listens, each as `host:port`.
  public var listeners: [String] = []
  public var skills: String?
  public var tenants: String?
  public var infra: String?
  public var builds: String?
  public var haproxy: String?
  public var haproxyVersion: String?
  public var sluice: String?

  public init() {}
}

/// A service that starts OpenClaw on a host.
public struct GatewayService: Sendable, Hashable {
  public enum Manager: Sendable, Hashable {
    case launchd(domain: String, label: String, plist: String)
    /// `isUser`: a unit of the account's own manager.
    case systemd(unit: String, isUser: Bool)
  }

  public var manager: Manager
  public var isRunning: Bool
  /// The account that the service names.
  public var user: String?

  public init(_ manager: Manager, isRunning: Bool, user: String?) {
    self.manager = manager
    self.isRunning = isRunning
    self.user = user
  }

  /// Whether a fleet can name the service: Sluice uses the system's own systemd only.
  public var isUsable: Bool {
    guard case .systemd(_, let isUser) = manager else { return true }
    return !isUser
  }
}

/// The answer of one host to the first look.
public enum LookResult: Sendable, Hashable {
  case seen(FirstLook)
  /// The reason, for people.
  case unseen(String)

  public var look: FirstLook? {
    guard case .seen(let look) = self else { return nil }
    return look
  }
}
