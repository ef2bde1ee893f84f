/// Why a promotion does not move, if it does not. The weightiest reason that applies.
public enum Standstill: Sendable, Hashable {
  /// Whether a controller runs the promotion.
  public enum Controller: Sendable, Hashable { case none, atWork, silent }

  case ended(Conclusion)
  /// Rolled back, but a host or the balancer could not be read back; the text names the fault.
  case unverified(fault: String)
  /// A controller holds the lease and does not answer.
  case controllerSilent
  case noController
  /// The rollback cannot set the share.
  case stuck(Promotion.Stuck)
  case goingBack(RollbackCause)
  /// Hosts do not answer, and the promotion moves nothing until they do.
  case hostsSilent
  /// A person paused it.
  case paused
  /// A gate is not open because of a fault.
  case wrong(GateResult)
  /// The step needs more sessions before a verdict; there is no fault.
  case evidence(EvidenceWanted)
  /// A gate is not open yet; time or more evidence will open it.
  case waiting(GateResult)
  case moving
}

extension Promotion {
  /// Why the promotion does not move, from its ledger and its controller's state.
  public func standstill(_ controller: Standstill.Controller, at now: Moment) -> Standstill {
    switch phase {
    case .concluded(let conclusion): return .ended(conclusion)
    case .rolledBackUnverified:
      return .unverified(fault: lastFailure ?? "a host does not answer")
    default: break
    }
    switch controller {
    case .silent: return .controllerSilent
    case .none: return .noController
    case .atWork: break
    }
    if phase.isRollingBack {
      return stuck.map { .stuck($0) } ?? .goingBack(rollbackCause ?? .plan)
    }
    if !silentSince.isEmpty { return .hostsSilent }
    if isPaused { return .paused }
    let shut = stepGates(at: now).filter { !$0.isOpen }
    if let wrong = shut.first(where: { !$0.gate.opensByItself }) { return .wrong(wrong) }
    if let evidence = EvidenceWanted(self, at: now) { return .evidence(evidence) }
    return shut.first.map { .waiting($0) } ?? .moving
  }
}

extension Gate {
  /// Whether the gate may hold without a fault, until time or more sessions open it.
  var opensByItself: Bool {
    switch self {
    case .hold, .verdict, .share: true
    case .pause, .probes, .balancer, .tenants, .progress: false
    }
  }
}
