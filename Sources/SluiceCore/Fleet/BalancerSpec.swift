/// What stands in front of the gateways.
public struct BalancerSpec: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable { case managed }

  public var kind: Kind
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

  /// Where the keeper serves its metrics, `host:port`; nil: nowhere.
  public var metrics: String?

  public static let usualConnections = 8_000

  public init(
    kind: Kind, bind: String, program: String?, directory: String, pinned: PinnedClients,
    cohorts: [String: Arm], serverTimeoutMilliseconds: Int64? = nil,
    maximumConnections: Int? = nil, metrics: String? = nil
  ) {
    self.kind = kind
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

extension Fleet {
  /// How long a gateway may be silent in the middle of an answer, milliseconds. An agent's answer may
  /// take minutes and say nothing meanwhile: ten minutes at the least, and never less than a run may
  /// take before it counts as one that never ends.
  public var serverTimeoutMilliseconds: Int64 {
    balancer.serverTimeoutMilliseconds ?? max(600_000, judge.unfinishedBound)
  }
}

/// What the clients of a gateway do while it is swung: wait for it (503 with `Retry-After`, the
/// conversation kept), or move to another (no error, a new conversation).
public enum PinnedClients: String, Sendable, Hashable, Codable, CaseIterable { case wait, move }
