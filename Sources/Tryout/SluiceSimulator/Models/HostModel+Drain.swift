import SluiceCore
import SluicePorts

// Its gateway admits nothing new, and lets what runs end.
extension HostModel {
  /// Returns how long it took.
  mutating func drain(
    _ motion: inout Motion, _ policy: SwingPolicy, at now: Int64
  ) throws(PortError) -> Int64 {
    switch troubles.drain {
    case nil:
      motion.isDrained = true
      if turnsEnd > now + policy.drainMilliseconds { motion.cut = 1 }
      return min(policy.drainMilliseconds, max(0, turnsEnd - now))
    case .expires: return 0
    case .heldByAnother:
      guard policy.atDrainDeadline == .cut else {
        throw PortError(.refused, "\(name): another drain holds the gateway. Nothing was moved.")
      }
      motion.cut = 1
      return 0
    case .neverReady:
      guard policy.atDrainDeadline == .cut else {
        throw PortError(.refused, "\(name): runs are still at work. Nothing was moved.")
      }
      motion.cut = 3
      return policy.drainMilliseconds
    }
  }

  /// How long its next stage waits when it is taken up again: turns that run are waited for anew.
  func restOfStage(at now: Int64) -> Int64 {
    guard let motion, motion.isDrained, motion.stage == .links,
      case .swing(let request) = motion.operation.value
    else { return 1 }
    return max(1, min(turnsEnd - now, request.policy.drainMilliseconds))
  }
}
