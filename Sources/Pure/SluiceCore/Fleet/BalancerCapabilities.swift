/// One capability of a kind of balancer.
public enum BalancerCapability: String, Sendable, Hashable, Codable, CaseIterable {
  /// Share, pin epoch and generation change atomically.
  case oneMotion = "one_motion"
  /// A client stays with the gateway that began its conversation.
  case pins
  /// A new pin epoch un-pins every client of the canary and no other client.
  case unpins
  /// Sluice can end a gateway's open connections.
  case eviction
  /// The balancer logs every session with its arm and the generation that assigned it.
  case sessionLog = "session_log"
  /// Tenants can belong to an arm whatever the share.
  case cohorts
  /// The balancer keeps the generation of the weights and refuses a lower one.
  case generation
}

/// A balancer's capabilities. A promotion does without a missing capability, or its plan is
/// refused.
public struct BalancerCapabilities: Sendable, Hashable {
  private let held: Set<BalancerCapability>

  public static let all = BalancerCapabilities(Set(BalancerCapability.allCases))

  public init(_ held: Set<BalancerCapability>) { self.held = held }

  public static func all(but missing: Set<BalancerCapability>) -> BalancerCapabilities {
    BalancerCapabilities(all.held.subtracting(missing))
  }

  public func contains(_ capability: BalancerCapability) -> Bool { held.contains(capability) }

  /// The capabilities that the balancer has, or lacks, in declaration order.
  public var present: [BalancerCapability] { BalancerCapability.allCases.filter(held.contains) }
  public var missing: [BalancerCapability] {
    BalancerCapability.allCases.filter { !held.contains($0) }
  }

  /// The form in a plan: nil if nothing is missing.
  public var inPlan: BalancerCapabilities? { self == .all ? nil : self }

  /// Whether the weights read back equal the weights set, as far as the balancer keeps them.
  public func agree(_ found: Weights, with wanted: Weights) -> Bool {
    var found = found
    if !contains(.unpins) { found.pinEpoch = wanted.pinEpoch }
    if !contains(.generation) { found.generation = wanted.generation }
    return found == wanted
  }
}

/// As JSON a list of the present capabilities: `["one_motion","pins"]`.
extension BalancerCapabilities: Codable {
  public init(from decoder: any Decoder) throws {
    held = Set(try decoder.singleValueContainer().decode([BalancerCapability].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(present)
  }
}
