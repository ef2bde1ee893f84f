/// One command of HAProxy's runtime API, as it is sent.
///
/// The values were checked at their source: hosts, paths and numbers hold no blank, `;` or line
/// feed.
public struct RuntimeCommand: Sendable, Hashable, CustomStringConvertible {
  public enum ServerState: String, Sendable, Hashable { case ready, drain, maint }

  public let text: String
  public var description: String { text }

  private init(_ text: String) { self.text = text }

  public static let info = RuntimeCommand("show info")
  public static let serverStates = RuntimeCommand("show servers state")
  /// Servers only, of all backends.
  public static let serverSessions = RuntimeCommand("show stat -1 4 -1")
  /// Frontends only.
  public static let frontends = RuntimeCommand("show stat -1 1 -1")
  public static let disableFrontend = RuntimeCommand(
    "disable frontend \(HAProxyConfiguration.frontend)")
  /// Everything that the session log's ring still holds.
  public static let events = RuntimeCommand("show events \(HAProxyConfiguration.ring)")
  /// The same, and every line that comes until the connection is closed.
  public static let followEvents = RuntimeCommand("show events \(HAProxyConfiguration.ring) -w")

  public static func environment(_ variable: String) -> RuntimeCommand {
    RuntimeCommand("show env \(variable)")
  }
  public static func table(_ name: String) -> RuntimeCommand {
    RuntimeCommand("show table \(name)")
  }
  public static func setMap(_ path: String, _ key: String, _ value: String) -> RuntimeCommand {
    RuntimeCommand("set map \(path) \(key) \(value)")
  }
  static func addMap(_ path: String, _ key: String, _ value: String) -> RuntimeCommand {
    RuntimeCommand("add map \(path) \(key) \(value)")
  }
  static func deleteMap(_ path: String, _ key: String) -> RuntimeCommand {
    RuntimeCommand("del map \(path) \(key)")
  }
  static func showMap(_ path: String) -> RuntimeCommand { RuntimeCommand("show map \(path)") }
  public static func getMap(_ path: String, _ key: String) -> RuntimeCommand {
    RuntimeCommand("get map \(path) \(key)")
  }
  /// - Parameter server: `BACKEND/SERVER`.
  public static func setServer(_ server: String, state: ServerState) -> RuntimeCommand {
    RuntimeCommand("set server \(server) state \(state.rawValue)")
  }
  /// As if its checks had failed: only fresh ones bring it up again.
  public static func markDown(_ server: String) -> RuntimeCommand {
    RuntimeCommand("set server \(server) health down")
  }
  /// The keeper's answer: down refuses the server whatever its checks say, up leaves it to them.
  public static func setAgent(_ server: String, isDown: Bool) -> RuntimeCommand {
    RuntimeCommand("set server \(server) agent \(isDown ? "down" : "up")")
  }
  /// Whether HAProxy asks the gateway itself; without it a server keeps the state that it has.
  public static func setHealthCheck(_ server: String, isOn: Bool) -> RuntimeCommand {
    RuntimeCommand("\(isOn ? "enable" : "disable") health \(server)")
  }
  /// - Parameter pem: without an empty line, which would end it.
  static func setCertificate(_ path: String, pem: String) -> RuntimeCommand {
    RuntimeCommand("set ssl cert \(path) <<\n\(pem)\n")
  }
  static func commitCertificate(_ path: String) -> RuntimeCommand {
    RuntimeCommand("commit ssl cert \(path)")
  }
  static func abortCertificate(_ path: String) -> RuntimeCommand {
    RuntimeCommand("abort ssl cert \(path)")
  }
  public static func shutdownSessions(_ server: String) -> RuntimeCommand {
    RuntimeCommand("shutdown sessions server \(server)")
  }
}
