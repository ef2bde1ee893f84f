import SluiceCore
import SluicePorts

// The host's operation records.

extension HostModel {
  /// A swing proved the process that it started, and no other.
  func recall(_ answer: Result<HostReport, PortError>) -> Result<HostReport, PortError> {
    guard case .success(.swung(let swung)) = answer else { return answer }
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
}
