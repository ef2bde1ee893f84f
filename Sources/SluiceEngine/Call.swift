import SluiceCore
import SluicePorts

/// A request of a run to the world outside. The driver of the session performs the call, and gives its
/// answer back.
public indirect enum Call: Sendable {
  /// - Parameter deadline: milliseconds.
  case host(HostName, NodeOperation, OperationID, Epoch, deadline: Int64)
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
  case report(NodeReport)
  case balancer(BalancerAnswer)
  case awake
  case archived
}

/// Tells the answers of one run apart: at most one call with each tag is under way.
public enum CallTag: Sendable, Hashable {
  case host(HostName), balancer, pause, archive
}
