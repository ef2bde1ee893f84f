import SluiceCore
import SluicePorts

// The host's operation records and reports.

extension HostModel {
  /// A swing proved the process that it started, and no other. The answer of a swing that armed the agent
  /// is true no more once the agent went back by itself.
  func recall(
    _ answer: Result<HostReport, PortError>, of id: OperationID
  ) -> Result<HostReport, PortError> {
    guard case .success(.swung(let swung)) = answer else { return answer }
    if deadMan.last?.armedBy == id, let fault = disarmFault() { return .failure(fault) }
    guard isAlive, !troubles.isHung else {
      return .failure(PortError(.unknown, "\(name) was swung, and its gateway does not answer"))
    }
    guard identity.bootID == swung.after.bootID else {
      return .failure(PortError(.failed, "\(name): the process that the swing proved has ended"))
    }
    return answer
  }

  /// A later operation had begun already: the writer had given this one up.
  func lateness(of id: OperationID) -> PortError? {
    records.keys.first { $0.isLater(than: id) }.map {
      PortError(.refused, "\(id) came too late: \($0) was begun before it")
    }
  }

  mutating func report(of motion: Motion, at now: Int64) throws(PortError) -> HostReport {
    switch motion.operation.value {
    case .place(let release, let mayLink), .placeSigned(let release, let mayLink):
      return .placed(
        PlaceReport(
          version: release.lock.skills.version, tree: release.lock.skills.tree,
          wasPlaced: motion.wasPlaced, tenants: release.lock.tenants.keys.sorted(),
          links: mayLink == false ? false : nil))
    default:
      let restart = motion.restarted ? pace.restart : 0
      return .swung(
        SwingReport(
          before: motion.before?.value, after: identity, restarted: motion.restarted, drained: 1,
          cut: motion.cut, drainMilliseconds: pace.drain, restartMilliseconds: restart,
          warmUpMilliseconds: pace.warmUp,
          totalMilliseconds: pace.drain + restart + pace.warmUp, probe: freshProbe,
          state: stateReport(of: motion)))
    }
  }

  private func stateReport(of motion: Motion) -> StateReport? {
    guard case .swing(let request) = motion.operation.value else { return nil }
    return openclaw.report(request.state, by: motion.id)
  }
}
