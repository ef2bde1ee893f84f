import SluiceCore
import SluicePorts

/// The configuration of a build that is tried: the original's, with another port, token and log, and
/// with no path into the original state and no workspace outside of the copy.
struct TrialConfiguration {
  let copy: TrialCopy
  let port: UInt16
  let token: String
  /// The gateway's home directory, for `~`; nil: unknown.
  let home: String?
  /// What a trial leaves out because of the configuration, as sentences without their full stop.
  private(set) var leftOut: [String] = []

  init(copy: TrialCopy, port: UInt16, token: String, home: String?) {
    self.copy = copy
    self.port = port
    self.token = token
    self.home = home
  }

  /// - Throws: `.refused` for a configuration under which a trial could write to the original.
  mutating func rewritten(_ original: ConfigurationValue) throws(PortError) -> ConfigurationValue {
    var value = try moved(original, key: "")
    var gateway = value["gateway"] ?? .object([:])
    gateway["port"] = .integer(Int64(port))
    gateway["bind"] = .string("loopback")
    gateway["auth"] = .object(["mode": .string("token"), "token": .string(token)])
    // Both make the gateway reachable from elsewhere.
    gateway["tls"] = nil
    gateway["tailscale"] = nil
    value["gateway"] = gateway
    var logging = value["logging"] ?? .object([:])
    logging["file"] = .string("\(copy.directory)/openclaw.log")
    value["logging"] = logging
    return value
  }

  private mutating func moved(
    _ value: ConfigurationValue, key: String
  ) throws(PortError) -> ConfigurationValue {
    switch value {
    case .string(let text): return .string(try moved(text, key: key))
    case .array(let values):
      var moved: [ConfigurationValue] = []
      for value in values { moved.append(try self.moved(value, key: key)) }
      return .array(moved)
    case .object(let members):
      var moved: [String: ConfigurationValue] = [:]
      for (name, value) in members.sorted(by: { $0.key < $1.key }) {
        moved[name] = try self.moved(value, key: name)
      }
      return .object(moved)
    case .null, .bool, .integer, .number: return value
    }
  }

  private mutating func moved(_ text: String, key: String) throws(PortError) -> String {
    var path = text
    if text.hasPrefix("~/"), let home { path = home + text.dropFirst() }
    if key == "$include", !path.hasPrefix("/") {
      path = "\(Self.directory(of: copy.originalConfiguration))/\(path)"
    }
    if path == copy.originalState || path.hasPrefix(copy.originalState + "/") {
      return copy.state + path.dropFirst(copy.originalState.count)
    }
    switch key {
    case "workspace":
      leftOut.append(
        "the workspace \(path) lies outside of the state, an empty one stood in for it")
      return "\(copy.directory)/workspace"
    case "agentDir":
      throw PortError(
        .refused,
        "\(copy.originalConfiguration) keeps an OpenClaw agent's directory outside of the state, at "
          + "\(path), so a build cannot be tried without touching it",
        remedy: "Promote without a trial, or move that directory below \(copy.originalState).")
    default: return path
    }
  }

  static func directory(of path: String) -> String {
    "/" + path.pathParts.dropLast().joined(separator: "/")
  }
}
