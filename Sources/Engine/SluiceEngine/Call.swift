import SluiceCore
import SluicePorts

/// A request of a run to the world outside. The driver of the session performs the call, and gives its
/// answer back.
public indirect enum Call: Sendable {
  /// Changes nothing. The deadline is in milliseconds.
  case query(HostName, HostQuestion, deadline: Int64)
  /// Moves something. The deadline is in milliseconds.
  case operation(HostName, HostOperation, OperationID, Epoch, deadline: Int64)
  case balancer(BalancerRequest, Epoch)
  case sleep(milliseconds: Int64)
  /// Keep the fleet's state as the last good one.
  case archive(Snapshot)
}

public enum BalancerRequest: Sendable, Hashable {
  case read
  case apply(Weights)
  case takeOut(HostName)
  /// - Parameter deadline: how long the balancer's own check may take to find the host up,
  ///   milliseconds.
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

  /// The balancer's answer where its state was asked for.
  var balancerState: Result<BalancerState, PortError> {
    flatMap { answer in
      guard case .balancer(.state(let state)) = answer else {
        return .failure(.unexpected("the balancer", wanted: "its state"))
      }
      return .success(state)
    }
  }
}

/// Tells the answers of one run apart: at most one call with each tag is under way.
public enum CallTag: Sendable, Hashable {
  case host(HostName), balancer, pause, archive
}
