/// The tenants with a session in the last interval, as the writer tells a host's agent.
public struct BusyTenants: Sendable, Hashable, Codable {
  /// Sorted.
  public var names: [String]
  /// The interval that the writer looked back. The agent forgets the list after the same time.
  public var withinMilliseconds: Int64

  /// More tenants are never told; the agents then judge every tenant.
  public static let most = 512
  private static let longestInterval: Int64 = 86_400_000

  public init(names: [String], withinMilliseconds: Int64) {
    self.names = names
    self.withinMilliseconds = withinMilliseconds
  }

  enum CodingKeys: String, CodingKey {
    case names
    case withinMilliseconds = "within_ms"
  }

  /// Why an agent refuses the list; nil if the agent takes the list.
  public var fault: String? {
    if names.count > Self.most {
      return "\(names.count) tenants are named as busy, and at most \(Self.most) may be"
    }
    if let name = names.first(where: { !HostName.isValid($0) }) {
      return
        "\"\(Speech.text(name, characters: 80))\" is named as a busy tenant, and no tenant has "
        + "such a name"
    }
    guard (1...Self.longestInterval).contains(withinMilliseconds) else {
      return
        "the interval of the busy tenants is \(withinMilliseconds) ms, and it has to be from 1 to "
        + "\(Self.longestInterval)"
    }
    return nil
  }
}
