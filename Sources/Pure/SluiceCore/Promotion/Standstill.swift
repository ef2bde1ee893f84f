/// Why a promotion is not moving, or that it is. The first that holds, the heaviest first.
public enum Standstill: Sendable, Hashable {
  /// Whether a controller is at work on it.
  public enum Controller: Sendable, Hashable { case none, atWork, silent }

  case ended(Conclusion)
  /// Rolled back, and a host or the balancer could not be read back: what is wrong.
  case unverified(fault: String)
  /// A controller holds the writer's lock, and does not answer.
  case controllerSilent
  case noController
  /// The way back cannot set the share.
  case stuck(Promotion.Stuck)
  case goingBack(RollbackCause)
  /// Hosts do not answer, and the promotion moves nothing until they do.
  case hostsSilent
  /// A person paused it.
  case paused
  /// A gate is shut because something is wrong.
  case wrong(GateResult)
  /// More sessions are wanted before the step can be judged; nothing is wrong.
  case evidence(EvidenceWanted)
  /// A gate is shut that time opens, or more evidence.
  case waiting(GateResult)
  case moving
}

extension Promotion {
  /// Why it is not moving, as its ledger and the sight of its controller have it.
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
  /// Whether it may be shut though nothing is wrong: time or more sessions open it.
  var opensByItself: Bool {
    switch self {
    case .hold, .verdict, .share: true
    case .pause, .probes, .balancer, .progress: false
    }
  }
}
