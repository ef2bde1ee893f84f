/// An agent and the writer that are different versions of Sluice.
public struct VersionDifference: Sendable, Hashable {
  public let host: HostName
  /// The agent's version, as the agent says it.
  public let agent: String
  public let writer: String
  /// The longest text that counts as a version.
  private static let longest = 60

  /// Nil: the versions are equal.
  public init?(_ host: HostName, agent: String, writer: String) {
    guard agent != writer else { return nil }
    self.host = host
    self.agent = Speech.text(agent, characters: Self.longest)
    self.writer = writer
  }

  /// Both versions, what the difference means, and the command that ends it.
  public var sentence: String {
    "the agent is Sluice \(agent), the writer is Sluice \(writer). \(means)"
  }

  /// As an answer of `sluice check`.
  public var answer: GatewayAnswer {
    GatewayAnswer(
      capability: "sluice", asked: "the agent's version", level: .odd, came: agent,
      means: sentence, milliseconds: 0)
  }

  private var means: String {
    if let agent = SemanticVersion(agent), let writer = SemanticVersion(writer), writer < agent {
      return
        "They work together, but the writer does not know what is new on the agent. Update Sluice "
        + "on the writer; or put the writer's version on the host:  \(command)"
    }
    return "They work together, but the agent refuses what is new on the writer. Put the writer's "
      + "version on the host:  \(command)"
  }

  private var command: String { "sluice hosts upgrade \(host)" }
}
