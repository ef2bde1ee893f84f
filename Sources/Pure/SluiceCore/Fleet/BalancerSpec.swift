/// What stands in front of the gateways: one case a kind, with what that kind is told. Nothing but the
/// kind's own adapter, and who builds that, looks into a case.
public enum BalancerSpec: Sendable, Hashable {
  /// A HAProxy of Sluice's own.
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

// What every kind has an answer to, though it may have no key for it.
extension BalancerSpec {
  /// Where clients reach the fleet, `host:port`; nil where that is not Sluice's to say.
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

  /// Tenants that belong to an arm whatever the share.
  public var cohorts: [String: Arm] {
    switch self {
    case .managed(let spec): spec.cohorts
    }
  }

  /// Whether somebody whose word counts tells which tenant a session is of.
  public var knowsTenants: Bool {
    switch self {
    case .managed(let spec): spec.front != nil
    }
  }

  /// Where the keeper of a balancer that Sluice owns serves its metrics, `host:port`; nil: nowhere.
  public var metrics: String? {
    switch self {
    case .managed(let spec): spec.metrics
    }
  }
}

/// As JSON the kind stands beside the fields of its case: `{"kind":"managed","bind":…}`.
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

/// What the clients of a gateway do while it is swung: wait for it (503 with `Retry-After`, the
/// conversation kept), or move to another (no error, a new conversation).
public enum PinnedClients: String, Sendable, Hashable, Codable, CaseIterable { case wait, move }
