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

  public init(
    kind: Kind, bind: String, program: String?, directory: String, pinned: PinnedClients,
    cohorts: [String: Arm]
  ) {
    self.kind = kind
    self.bind = bind
    self.program = program
    self.directory = directory
    self.pinned = pinned
    self.cohorts = cohorts
  }
}

/// What the clients of a gateway do while it is swung: wait for it (503 with `Retry-After`, the
/// conversation kept), or move to another (no error, a new conversation).
public enum PinnedClients: String, Sendable, Hashable, Codable, CaseIterable { case wait, move }
