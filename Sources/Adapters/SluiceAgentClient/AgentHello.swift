import SluiceCore
import SluiceJSON
import SluicePorts

/// The protocol between a writer and a host's agent, `sluice.node`. The keys `protocol`, `sluice`
/// and `host` of every message never change: by these keys two versions recognise each other.
public enum AgentProtocol {
  public static let version = 1
}

/// The agent's first message on every connection.
public struct AgentHello: Sendable, Hashable, Codable {
  public var protocolVersion: Int
  /// The agent's version of Sluice.
  public var sluice: String
  public var host: HostName

  public init(sluice: String, host: HostName, protocolVersion: Int = AgentProtocol.version) {
    self.protocolVersion = protocolVersion
    self.sluice = sluice
    self.host = host
  }

  enum CodingKeys: String, CodingKey {
    case protocolVersion = "protocol"
    case sluice, host
  }
}

extension AgentHello {
  /// Why the writer and this agent cannot work together, or nil.
  func refusal(host expected: HostName, sluice own: String, at place: String) -> PortError? {
    guard protocolVersion == AgentProtocol.version else {
      return PortError(
        .refused,
        "\(place) is Sluice \(sluice) and speaks protocol \(protocolVersion), this is Sluice "
          + "\(own) and speaks \(AgentProtocol.version)",
        remedy: "Install the same version of Sluice on \(expected) and here.")
    }
    guard host == expected else {
      return PortError(
        .refused, "\(place) is the agent of \(host), not of \(expected)",
        remedy: "Check the host's socket and ssh destination in sluice.yaml.")
    }
    return nil
  }

  static func read(_ payload: [UInt8]) -> AgentHello? {
    var hello = try? CanonicalJSON.decode(AgentHello.self, from: payload)
    if let version = hello?.sluice { hello?.sluice = Speech.text(version, characters: 60) }
    return hello
  }
}
