/// One thing that a balancer can do, or cannot.
public enum BalancerCapability: String, Sendable, Hashable, Codable, CaseIterable {
  /// Share, pin epoch and generation change in one motion.
  case oneMotion = "one_motion"
  /// A client stays with the gateway that began its conversation.
  case pins
  /// A new pin epoch lets go everybody who is held to the canary, and nobody else.
  case unpins
  /// The open connections of a gateway can be ended.
  case eviction
  /// Every session is logged, with its arm and the generation that dealt it.
  case sessionLog = "session_log"
  /// Tenants can belong to an arm whatever the share.
  case cohorts
  /// The generation of the weights is kept, and an older one refused.
  case generation
}

/// What a balancer can do. A promotion does without what is missing, or it is refused at its plan.
public struct BalancerCapabilities: Sendable, Hashable {
  private let held: Set<BalancerCapability>

  public static let all = BalancerCapabilities(Set(BalancerCapability.allCases))

  public init(_ held: Set<BalancerCapability>) { self.held = held }

  public static func all(but missing: Set<BalancerCapability>) -> BalancerCapabilities {
    BalancerCapabilities(all.held.subtracting(missing))
  }

  public func contains(_ capability: BalancerCapability) -> Bool { held.contains(capability) }

  /// Those that it has, or has not, in the order in which they are declared.
  public var present: [BalancerCapability] { BalancerCapability.allCases.filter(held.contains) }
  public var missing: [BalancerCapability] {
    BalancerCapability.allCases.filter { !held.contains($0) }
  }

  /// As a plan has it: nil where nothing is missing.
  public var inPlan: BalancerCapabilities? { self == .all ? nil : self }

  /// Whether weights that were read back are those that were set, as far as the balancer keeps them.
  public func agree(_ found: Weights, with wanted: Weights) -> Bool {
    var found = found
    if !contains(.unpins) { found.pinEpoch = wanted.pinEpoch }
    if !contains(.generation) { found.generation = wanted.generation }
    return found == wanted
  }
}

/// As JSON a list of what it can: `["one_motion","pins"]`.
extension BalancerCapabilities: Codable {
  public init(from decoder: any Decoder) throws {
    held = Set(try decoder.singleValueContainer().decode([BalancerCapability].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(present)
  }
}
