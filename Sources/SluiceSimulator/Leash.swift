import SluiceCore
import SluiceLedger
import SluicePorts

/// Holds one controller: it can be put to sleep in the middle of everything, and it can die.
public actor Leash {
  private var isAsleep = false
  private var isDead = false
  private var sleepers: [CheckedContinuation<Void, Never>] = []
  private let fellAsleep: AsyncStream<Void>.Continuation
  /// Yields once each time it is put to sleep.
  public nonisolated let naps: AsyncStream<Void>

  public init() { (naps, fellAsleep) = AsyncStream.makeStream(of: Void.self) }

  public func sleep() {
    isAsleep = true
    fellAsleep.yield()
  }

  public func wake() {
    isAsleep = false
    let woken = sleepers
    sleepers = []
    for sleeper in woken { sleeper.resume() }
  }

  public func die() {
    isDead = true
    wake()
  }

  /// Every step of the controller goes through here.
  public func pass() async throws(PortError) {
    while isAsleep, !isDead {
      await withCheckedContinuation { sleepers.append($0) }
    }
    if isDead { throw PortError(.unknown, "the controller is dead") }
  }
}

struct LeashedLink: HostLink {
  let link: any HostLink
  let leash: Leash

  var host: HostName { link.host }

  func perform(
    _ operation: NodeOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> NodeReport {
    try await leash.pass()
    return try await link.perform(operation, id: id, epoch: epoch, deadline: deadline)
  }
}

struct LeashedBalancer: Balancer {
  let balancer: any Balancer
  let leash: Leash

  func read() async throws(PortError) -> BalancerState {
    try await leash.pass()
    return try await balancer.read()
  }

  func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
    try await leash.pass()
    return try await balancer.apply(weights, epoch: epoch)
  }

  func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
    try await leash.pass()
    return try await balancer.takeOut(host, epoch: epoch)
  }

  func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
    -> BalancerState
  {
    try await leash.pass()
    return try await balancer.giveBack(host, epoch: epoch, deadline: deadline)
  }

  func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
    try await leash.pass()
    return try await balancer.evict(host, epoch: epoch)
  }
}

struct LeashedLedger: LedgerStore {
  let ledger: any LedgerStore
  let leash: Leash
  /// Called before each append; answers whether the controller dies at it, and when.
  let beforeAppend: @Sendable () async -> SimulatedLedger.Death?

  func read() async throws(PortError) -> [LedgerEntry] { try await ledger.read() }

  func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) async throws(PortError)
    -> [LedgerEntry]
  {
    let death = await beforeAppend()
    try await leash.pass()
    if death == .before { await leash.die() }
    try await leash.pass()
    let added = try await ledger.append(drafts, mayUseReserve: mayUseReserve)
    if death == .after { await leash.die() }
    try await leash.pass()
    return added
  }
}
