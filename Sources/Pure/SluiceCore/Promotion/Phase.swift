/// The phase of a promotion.
public enum Phase: Sendable, Hashable, Codable {
  case planned
  case preflight
  case shadowing
  /// Swings of the canary at share 0: forward, back, forward again.
  case proving(Proof)
  /// The index of the ramp's step.
  case ramping(Int)
  /// The index of the wave of stable gateways whose turn it is.
  case mirroring(Int)
  case settling
  case rollingBack(RollbackStage)
  /// Weights and hosts were moved back, but not all was read back equal. The promotion keeps
  /// trying.
  case rolledBackUnverified
  case concluded(Conclusion)

  public enum Proof: String, Sendable, Hashable, Codable { case forward, back, again }

  public enum RollbackStage: String, Sendable, Hashable, Codable {
    case draining, swinging, restoring, verifying
  }

  public var isTerminal: Bool {
    if case .concluded = self { true } else { false }
  }

  public var isRollingBack: Bool {
    switch self {
    case .rollingBack, .rolledBackUnverified: true
    default: false
    }
  }

  /// The index of the ramp's step in ledger lines: -1 outside the ramp.
  public var step: Int {
    if case .ramping(let index) = self { index } else { -1 }
  }

  /// The phase's name for operators.
  public var title: String {
    switch self {
    case .planned: "planned"
    case .preflight: "preflight"
    case .shadowing: "shadowing"
    case .proving(.forward): "proving 1/3"
    case .proving(.back): "proving 2/3"
    case .proving(.again): "proving 3/3"
    case .ramping(let index): "ramping \(index + 1)"
    case .mirroring(let index): "mirroring \(index + 1)"
    case .settling: "settling"
    case .rollingBack: "rolling back"
    case .rolledBackUnverified: "rolled back, NOT verified"
    case .concluded(.completed): "completed"
    case .concluded(.refused): "refused"
    case .concluded(.aborted): "aborted"
    case .concluded(.rolledBack): "rolled back, verified"
    case .concluded(.drilled): "drilled, verified"
    }
  }
}
