/// A HAProxy that Sluice starts, configures and owns.
public struct HAProxySpec: Sendable, Hashable, Codable {
  /// Where clients reach the fleet, `host:port`.
  public var bind: String
  /// The HAProxy program; nil: found on the search path.
  public var program: String?
  /// Configuration, maps, sockets and the record of the process.
  public var directory: String
  public var pinned: PinnedClients
  /// Tenants that belong to an arm whatever the share: header `x-openclaw-tenant` → arm.
  public var cohorts: [String: Arm]
  /// How long a gateway may be silent in the middle of an answer, milliseconds; nil: derived.
  public var serverTimeoutMilliseconds: Int64?
  /// Connections of clients at once; nil: as many as the machine's limit of descriptors allows, at
  /// most `usualConnections`.
  public var maximumConnections: Int?

  /// Connections of one client's address at once, or behind a front his requests and WebSockets; 0: no
  /// limit; nil: a quarter of all, and never fewer than `leastConnectionsPerSource`.
  public var connectionsPerSource: Int?
  /// Whose rights HAProxy has where root starts it; nil: nobody's.
  public var user: String?

  /// Where the keeper serves its metrics, `host:port`; nil: nowhere.
  public var metrics: String?
  /// Proxies before this balancer whose word is taken; nil: clients come directly.
  public var front: BalancerFront?
  /// Nil: clients come without encryption.
  public var tls: BalancerTLS?
  /// Whether clients are told their arm (`X-Sluice-Arm`); nil: not.
  public var showsArm: Bool?
  /// Whether clients of this machine count as local ones, of which nothing is forwarded; nil: not. For
  /// rehearsals: behind a front on loopback every client would be a local one.
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

/// Proxies that stand before the balancer. What they say of a client is taken: his address, whether he
/// came by TLS, his tenant. Nobody else's word is.
public struct BalancerFront: Sendable, Hashable, Codable {
  /// Addresses or networks (`10.0.0.0/24`), at least one.
  public var addresses: [String]
  /// They begin every connection with the PROXY protocol, instead of `X-Forwarded-For`.
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
