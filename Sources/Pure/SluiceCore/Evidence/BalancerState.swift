/// The balancer as it was read back: what is true there, not what was sent.
public struct BalancerState: Sendable, Hashable, Codable {
  public struct Server: Sendable, Hashable, Codable {
    public var host: HostName
    public var arm: Arm
    /// The balancer's own check of the gateway, and no refusal for a hard failure.
    public var isUp: Bool
    public var isTakenOut: Bool
    public var openSessions: Int

    public init(host: HostName, arm: Arm, isUp: Bool, isTakenOut: Bool, openSessions: Int) {
      self.host = host
      self.arm = arm
      self.isUp = isUp
      self.isTakenOut = isTakenOut
      self.openSessions = openSessions
    }

    /// Whether it would be given a new session.
    public var isInService: Bool { isUp && !isTakenOut }
  }

  public var weights: Weights
  public var servers: [Server]
  /// Nil of a balancer that is no process of Sluice's.
  public var processID: Int32?
  public var upSeconds: Int64?

  public init(
    weights: Weights, servers: [Server], processID: Int32? = nil, upSeconds: Int64? = nil
  ) {
    self.weights = weights
    self.servers = servers
    self.processID = processID
    self.upSeconds = upSeconds
  }

  /// None of a host that it does not know.
  public func openSessions(of host: HostName) -> Int {
    servers.first { $0.host == host }?.openSessions ?? 0
  }
}
