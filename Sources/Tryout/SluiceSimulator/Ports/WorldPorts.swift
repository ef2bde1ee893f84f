import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts

// The ports of one controller in a world: what it wants goes through the world's queue, so it can be
// stopped and killed at every step.

struct WorldTime: Time {
  let stage: Tier2Stage
  let controller: Int

  func now() -> Moment { stage.now() }

  func sleep(for duration: Duration) async throws(CancellationError) {
    do {
      _ = try await stage.ask(.sleep(milliseconds: duration.wholeMilliseconds), by: controller)
    } catch { throw CancellationError() }
  }
}

struct WorldHostClient: HostClient {
  let host: HostName
  let stage: Tier2Stage
  let controller: Int

  func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    let call = Call.query(host, question, deadline: deadline.wholeMilliseconds)
    guard case .host(let answer) = try await stage.ask(call, by: controller) else {
      throw .unexpected("\(host)", wanted: question.subject)
    }
    return answer
  }

  func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    let call = Call.operation(host, operation, id, epoch, deadline: deadline.wholeMilliseconds)
    guard case .report(let report) = try await stage.ask(call, by: controller) else {
      throw .unexpected("\(host)", wanted: "a report")
    }
    return report
  }
}

struct WorldBalancer: Balancer {
  let stage: Tier2Stage
  let controller: Int

  var capabilities: BalancerCapabilities { .all }

  func read() async throws(PortError) -> BalancerState { try await state(.read, Epoch(0)) }

  func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
    try await state(.apply(weights), epoch)
  }

  func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
    try await state(.takeOut(host), epoch)
  }

  func giveBack(_ host: HostName, epoch: Epoch, deadline: Duration) async throws(PortError)
    -> BalancerState
  {
    try await state(.giveBack(host, deadline: deadline.wholeMilliseconds), epoch)
  }

  func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
    let call = Call.balancer(.evict(host), epoch)
    guard case .balancer(.connections(let count)) = try await stage.ask(call, by: controller)
    else { throw .unexpected("the balancer", wanted: "a count") }
    return count
  }

  private func state(_ request: BalancerRequest, _ epoch: Epoch) async throws(PortError)
    -> BalancerState
  {
    let answer = try await stage.ask(.balancer(request, epoch), by: controller)
    guard case .balancer(.state(let state)) = answer else {
      throw .unexpected("the balancer", wanted: "its state")
    }
    return state
  }
}

struct WorldLedger: LedgerStore {
  let stage: Tier2Stage
  let controller: Int

  func read() async throws(PortError) -> [LedgerEntry] {
    _ = try await stage.ask(.sleep(milliseconds: 1), by: controller)
    return try stage.lines(by: controller)
  }

  func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) async throws(PortError)
    -> [LedgerEntry]
  {
    // A write and a sync take their time; a controller that is stopped in it goes on with it later.
    _ = try await stage.ask(.sleep(milliseconds: 2), by: controller)
    return try stage.append(drafts, mayUseReserve: mayUseReserve, by: controller)
  }
}

struct WorldLease: Lease {
  let stage: Tier2Stage
  let controller: Int

  func acquire(note: String) async throws(PortError) {
    _ = try await stage.ask(.sleep(milliseconds: 1), by: controller)
    try stage.acquire(by: controller)
  }

  func release() async { stage.release(by: controller) }
  func holder() async -> String? { stage.leaseHolder() }

  func loss() async -> PortError? {
    for await loss in stage.losses(of: controller) { return loss }
    return nil
  }
}

struct WorldArchive: Archive {
  let stage: Tier2Stage
  let controller: Int

  func write(_ name: String, _ bytes: [UInt8]) async throws(PortError) {
    _ = try await stage.ask(.sleep(milliseconds: 2), by: controller)
    try stage.write(name, bytes, by: controller)
  }

  func read(_ name: String) async throws(PortError) -> [UInt8]? { stage.file(name) }
}

struct WorldEvidence: EvidenceSource {
  let stage: Tier2Stage
  let controller: Int

  func batches(for promotion: PromotionID) async throws(PortError) -> AsyncStream<EvidenceBatch> {
    stage.sessions(for: controller)
  }
}
