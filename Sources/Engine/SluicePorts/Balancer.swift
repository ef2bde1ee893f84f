import SluiceCore

/// Distributes new sessions over the arms. Every change is read back before it counts.
public protocol Balancer: Sendable {
  /// The balancer's capabilities. A plan freezes them, and a promotion uses no others.
  var capabilities: BalancerCapabilities { get }

  func read() async throws(PortError) -> BalancerState

  /// Sets share, pin epoch and generation atomically, on disk before in the process. Refuses a
  /// lower epoch (`.fenced`) and a lower generation (`.refused`). Returns the state read back.
  ///
  /// A balancer that cannot change share and pin epoch atomically refuses a change of both. A
  /// balancer without pin epoch or generation ignores that part.
  func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState

  /// Gives a host no new sessions; its pinned clients wait or move, as the fleet specifies.
  func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState

  /// Gives a host sessions again, and returns once the balancer's own check finds the host up.
  func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
    -> BalancerState

  /// Ends the open connections of a host (WebSockets outlive a share of 0) and returns their
  /// number. Throws `.refused` without this capability.
  func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int
}

/// Remembers the highest epoch that a balancer has seen, so that an older controller cannot move
/// the balancer after a loss of the ledger.
public protocol EpochFence: Sendable {
  /// 0 if none was seen or the fence cannot be read.
  func seenEpoch() async -> Epoch
}
