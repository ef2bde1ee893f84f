/// The balancer's state as Sluice read it back, not as Sluice ordered it.
public struct BalancerState: Sendable, Hashable, Codable {
  public struct Server: Sendable, Hashable, Codable {
    public var host: HostName
    public var arm: Arm
    /// Whether the balancer's own check of the gateway succeeds and no hard failure refuses it.
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

    /// Whether the balancer would give this server a new session.
    public var isInService: Bool { isUp && !isTakenOut }
  }

  public var weights: Weights
  public var servers: [Server]
  /// Nil if Sluice does not run the balancer's process.
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

  /// 0 for a host that the balancer does not know.
  public func openSessions(of host: HostName) -> Int {
    servers.first { $0.host == host }?.openSessions ?? 0
  }
}
