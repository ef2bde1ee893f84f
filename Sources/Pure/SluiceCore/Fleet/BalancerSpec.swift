/// The balancer of the fleet: one case for each kind, with the kind's settings. Only the kind's own
/// adapter, and the code that builds the adapter, looks into a case.
public enum BalancerSpec: Sendable, Hashable {
  /// A HAProxy that Sluice owns.
  case managed(HAProxySpec)

  /// `balancer.kind` in sluice.yaml and in a plan.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable { case managed }

  public var kind: Kind {
    switch self {
    case .managed: .managed
    }
  }

  public var managed: HAProxySpec? {
    get {
      switch self {
      case .managed(let spec): spec
      }
    }
    set { if let newValue { self = .managed(newValue) } }
  }
}

// Properties that every kind has, even if its settings have no key for them.
extension BalancerSpec {
  /// The address at which clients reach the fleet, `host:port`; nil if Sluice does not determine
  /// it.
  public var bind: String? {
    switch self {
    case .managed(let spec): spec.bind
    }
  }

  public var pinned: PinnedClients {
    switch self {
    case .managed(let spec): spec.pinned
    }
  }

  /// Tenants that belong to an arm at every share.
  public var cohorts: [String: Arm] {
    switch self {
    case .managed(let spec): spec.cohorts
    }
  }

  /// Whether a trusted front names the tenant of a session.
  public var knowsTenants: Bool {
    switch self {
    case .managed(let spec): spec.front != nil
    }
  }

  /// The address at which the keeper of a balancer that Sluice owns serves metrics, `host:port`;
  /// nil: no metrics.
  public var metrics: String? {
    switch self {
    case .managed(let spec): spec.metrics
    }
  }
}

/// As JSON, `kind` is a sibling of the case's fields: `{"kind":"managed","bind":…}`.
extension BalancerSpec: Codable {
  private enum CodingKeys: String, CodingKey { case kind }

  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
    case .managed: self = .managed(try HAProxySpec(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    switch self {
    case .managed(let spec): try spec.encode(to: encoder)
    }
  }
}

/// How the balancer treats a gateway's clients during its swing: they wait (503 with `Retry-After`,
/// the conversation is kept), or move to another gateway (no error, a new conversation).
public enum PinnedClients: String, Sendable, Hashable, Codable, CaseIterable { case wait, move }
