/// A HAProxy that Sluice starts, configures and owns.
public struct HAProxySpec: Sendable, Hashable, Codable {
  /// The address at which clients reach the fleet, `host:port`.
  public var bind: String
  /// The HAProxy program; nil: the program on the search path.
  public var program: String?
  /// The directory of the configuration, maps, sockets and process record.
  public var directory: String
  public var pinned: PinnedClients
  /// Tenants that belong to an arm at every share: header `x-openclaw-tenant` → arm.
  public var cohorts: [String: Arm]
  /// The time that a gateway may be silent in the middle of an answer, milliseconds; nil: derived.
  public var serverTimeoutMilliseconds: Int64?
  /// The maximum of simultaneous client connections; nil: as many as the machine's limit of
  /// descriptors allows, at most `usualConnections`.
  public var maximumConnections: Int?

  /// The maximum of simultaneous connections from one client address, or, behind a front, of the
  /// client's requests and WebSockets; 0: no limit; nil: a quarter of all, at least
  /// `leastConnectionsPerSource`.
  public var connectionsPerSource: Int?
  /// The account whose rights HAProxy takes if root starts it; nil: the account `nobody`.
  public var user: String?

  /// The address at which the keeper serves metrics, `host:port`; nil: no metrics.
  public var metrics: String?
  /// Trusted proxies before this balancer; nil: clients connect directly.
  public var front: BalancerFront?
  /// Nil: clients connect without encryption.
  public var tls: BalancerTLS?
  /// Whether answers name the client's arm (`X-Sluice-Arm`); nil: they do not.
  public var showsArm: Bool?
  /// Whether HAProxy treats clients on this machine as local and forwards nothing about them; nil:
  /// no. For rehearsals: behind a front on loopback every client would be local.
  public var hasLocalClients: Bool?

  public static let usualConnections = 8_000
  public static let leastConnectionsPerSource = 256

  public init(
    bind: String, program: String?, directory: String, pinned: PinnedClients,
    cohorts: [String: Arm], serverTimeoutMilliseconds: Int64? = nil,
    maximumConnections: Int? = nil, metrics: String? = nil
  ) {
    self.bind = bind
    self.program = program
    self.directory = directory
    self.pinned = pinned
    self.cohorts = cohorts
    self.serverTimeoutMilliseconds = serverTimeoutMilliseconds
    self.maximumConnections = maximumConnections
    self.metrics = metrics
  }
}

/// Proxies before the balancer. The balancer trusts only their word about a client: address, TLS
/// and tenant.
public struct BalancerFront: Sendable, Hashable, Codable {
  /// Addresses or networks (`10.0.0.0/24`), at least one.
  public var addresses: [String]
  /// Whether they begin every connection with the PROXY protocol instead of sending
  /// `X-Forwarded-For`.
  public var speaksProxyProtocol: Bool

  public init(addresses: [String], speaksProxyProtocol: Bool = false) {
    self.addresses = addresses
    self.speaksProxyProtocol = speaksProxyProtocol
  }
}

public struct BalancerTLS: Sendable, Hashable, Codable {
  /// A PEM file with certificate, chain and private key.
  public var certificate: String

  public init(certificate: String) { self.certificate = certificate }
}
