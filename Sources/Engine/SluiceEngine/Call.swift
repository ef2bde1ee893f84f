import SluiceCore
import SluicePorts

/// A call of a run to a host, the balancer, the clock or the archive. The driver performs the call
/// and returns its answer.
public indirect enum Call: Sendable {
  /// Changes nothing. The deadline is in milliseconds.
  case query(HostName, HostQuestion, deadline: Int64)
  /// Performs an operation on a host. The deadline is in milliseconds.
  case operation(HostName, HostOperation, OperationID, Epoch, deadline: Int64)
  case balancer(BalancerRequest, Epoch)
  case sleep(milliseconds: Int64)
  /// Archive the fleet's state as last good.
  case archive(Snapshot)
}

public enum BalancerRequest: Sendable, Hashable {
  case read
  case apply(Weights)
  case takeOut(HostName)
  /// - Parameter deadline: the time for the balancer's own check to find the host up, milliseconds.
  case giveBack(HostName, deadline: Int64)
  case evict(HostName)
}

public indirect enum BalancerAnswer: Sendable {
  case state(BalancerState)
  case connections(Int)
}

public enum Answer: Sendable {
  case host(HostAnswer)
  case report(HostReport)
  case balancer(BalancerAnswer)
  case awake
  case archived
}

extension Result<Answer, PortError> {
  /// A host's answer to a query, with the query's type.
  func answer<Value>(
    to query: HostQuery<Value>, of host: HostName
  ) -> Result<Value, PortError> {
    flatMap { (answer) in
      guard case .host(let answer) = answer else {
        return .failure(.unexpected("\(host)", wanted: query.question.subject))
      }
      do throws(PortError) { return .success(try query.value(in: answer, of: host)) } catch {
        return .failure(error)
      }
    }
  }

  /// The balancer's state, for a call that reads it.
  var balancerState: Result<BalancerState, PortError> {
    flatMap { answer in
      guard case .balancer(.state(let state)) = answer else {
        return .failure(.unexpected("the balancer", wanted: "its state"))
      }
      return .success(state)
    }
  }
}

/// Identifies an answer within one run. At most one call of each tag is open.
public enum CallTag: Sendable, Hashable {
  case host(HostName), balancer, pause, archive
}
