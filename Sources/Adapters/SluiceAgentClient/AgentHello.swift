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
        remedy:
          "Install the same version of Sluice on both sides:  sluice hosts upgrade \(expected)")
    }
    guard host == expected else {
      return PortError(
        .refused, "\(place) is the agent of \(host), not of \(expected)",
        remedy: "Check the host's socket and ssh destination in sluice.yaml.")
    }
    return nil
  }

  /// The most of a login shell's own text before a greeting, in bytes.
  private static let longestNoise = 64 << 10

  /// Drops the text that a login shell's start-up files wrote before the greeting. Bytes without a
  /// greeting stay as they are.
  static func skipNoise(before bytes: inout ArraySlice<UInt8>) {
    guard let first = bytes.first, first != 0 else { return }
    // A greeting is shorter than 16 MiB, so its frame begins with a zero; a shell's text has none.
    for start in bytes.prefix(longestNoise).indices where bytes[start] == 0 {
      let brace = start + AgentFrame.headerCount
      guard brace < bytes.endIndex, bytes[brace] == UInt8(ascii: "{") else { continue }
      var rest = bytes[start...]
      guard let payload = try? AgentFrame.take(from: &rest), read(payload) != nil else { continue }
      bytes = bytes[start...]
      return
    }
  }

  static func read(_ payload: [UInt8]) -> AgentHello? {
    var hello = try? CanonicalJSON.decode(AgentHello.self, from: payload)
    if let version = hello?.sluice { hello?.sluice = Speech.text(version, characters: 60) }
    return hello
  }
}
