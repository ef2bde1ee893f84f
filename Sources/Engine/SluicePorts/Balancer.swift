import SluiceCore

/// What shares new sessions between the arms. Every change is read back before it is believed.
public protocol Balancer: Sendable {
  /// What it can do. A plan freezes this, and a promotion asks for nothing else.
  var capabilities: BalancerCapabilities { get }

  func read() async throws(PortError) -> BalancerState

  /// Sets share, pin epoch and generation in one motion, on disk before in the process. Refuses a
  /// lower epoch (`.fenced`) and a lower generation (`.refused`). Returns what was read back.
  ///
  /// One that cannot change share and pin epoch in one motion refuses both at once; one that keeps no
  /// pin epoch or no generation leaves that part alone.
  func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState

  /// Gives a host no new sessions; its pinned clients wait or move, as the fleet chose.
  func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState

  /// Gives a host traffic again, and returns once the balancer's own check finds it up.
  func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
    -> BalancerState

  /// Ends the open connections of a host (WebSockets outlive a share of 0); returns how many. `.refused`
  /// by one that cannot.
  func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int
}

/// What remembers the highest epoch that anybody has shown to a balancer: a ledger that was lost must
/// not let an older controller move it.
public protocol EpochFence: Sendable {
  /// 0 before the first, or where it cannot be read.
  func seenEpoch() async -> Epoch
}
