import SluiceCore
import SluicePorts
import Testing

/// The duties of every `Balancer`, the simulated one and the real ones, as far as its capabilities reach:
/// else the simulator lies.
struct BalancerConformance {
  let balancer: any Balancer
  let fleet: Fleet
  /// Brings every host into service at share 0.
  let reset: () async throws -> Void

  private var canary: HostName { fleet.canaries[0].name }
  private static let epoch = Epoch(5)
  private static let deadline: Duration = .seconds(30)

  private func can(_ capability: BalancerCapability) -> Bool {
    balancer.capabilities.contains(capability)
  }

  private func agree(_ found: Weights, _ wanted: Weights) -> Bool {
    balancer.capabilities.agree(found, with: wanted)
  }

  func check() async throws {
    try await reset()
    try await weightsAreReadBack()
    try await olderWeightsAreRefused()
    try await aTakenOutHostIsOutAndComesBack()
    try await evictingChangesNothingElse()
    try await unknownHostsAreRefused()
    try await lowerEpochsAreFenced()
  }

  private func weightsAreReadBack() async throws {
    let before = try await balancer.read()
    #expect(Set(before.servers.map(\.host)) == Set(fleet.gateways.map(\.name)))
    #expect(before.servers.allSatisfy { fleet.host($0.host)?.arm == $0.arm && $0.isInService })
    let wanted = Weights.percent(5, pinEpoch: 3, generation: 10)
    if !can(.oneMotion), can(.unpins) {
      await expect(.refused) { _ = try await balancer.apply(wanted, epoch: Self.epoch) }
      let share = Weights.percent(5, pinEpoch: before.weights.pinEpoch, generation: 9)
      #expect(agree(try await balancer.apply(share, epoch: Self.epoch).weights, share))
    }
    let applied = try await balancer.apply(wanted, epoch: Self.epoch)
    #expect(agree(applied.weights, wanted))
    #expect(agree(try await balancer.read().weights, wanted))
    // Again: the answer of the first time may have been lost.
    #expect(agree(try await balancer.apply(wanted, epoch: Self.epoch).weights, wanted))
    #expect(try await balancer.read().processID == before.processID)
  }

  private func olderWeightsAreRefused() async throws {
    guard can(.generation) else { return }
    let before = try await balancer.read().weights
    await expect(.refused) {
      _ = try await balancer.apply(.percent(50, pinEpoch: 3, generation: 9), epoch: Self.epoch)
    }
    #expect(try await balancer.read().weights == before)
  }

  private func aTakenOutHostIsOutAndComesBack() async throws {
    let weights = try await balancer.read().weights
    for _ in 0..<2 {
      let out = try await balancer.takeOut(canary, epoch: Self.epoch)
      #expect(out.server(canary)?.isTakenOut == true)
      #expect(out.servers.filter(\.isInService).count == fleet.gateways.count - 1)
      #expect(out.weights == weights)
    }
    for _ in 0..<2 {
      let back = try await balancer.giveBack(
        canary, epoch: Self.epoch, deadline: Self.deadline)
      #expect(back.isWhollyInService)
      #expect(back.weights == weights)
    }
  }

  private func evictingChangesNothingElse() async throws {
    let before = try await balancer.read()
    if can(.eviction) {
      #expect(try await balancer.evict(canary, epoch: Self.epoch) == 0)
    } else {
      await expect(.refused) { _ = try await balancer.evict(canary, epoch: Self.epoch) }
    }
    let after = try await balancer.read()
    #expect(after.weights == before.weights)
    #expect(after.isWhollyInService)
  }

  private func unknownHostsAreRefused() async throws {
    let nobody = HostName("nobody")
    await expect(.refused) { _ = try await balancer.takeOut(nobody, epoch: Self.epoch) }
    await expect(.refused) {
      _ = try await balancer.giveBack(nobody, epoch: Self.epoch, deadline: Self.deadline)
    }
    await expect(.refused) { _ = try await balancer.evict(nobody, epoch: Self.epoch) }
  }

  private func lowerEpochsAreFenced() async throws {
    let before = try await balancer.read()
    let lower = Epoch(Self.epoch.number - 1)
    await expect(.fenced) {
      _ = try await balancer.apply(.percent(50, pinEpoch: 3, generation: 11), epoch: lower)
    }
    await expect(.fenced) { _ = try await balancer.takeOut(canary, epoch: lower) }
    await expect(.fenced) {
      _ = try await balancer.giveBack(canary, epoch: lower, deadline: Self.deadline)
    }
    if can(.eviction) {
      await expect(.fenced) { _ = try await balancer.evict(canary, epoch: lower) }
    }
    let after = try await balancer.read()
    #expect(after.weights == before.weights)
    #expect(after.isWhollyInService)
  }

  private func expect(
    _ kind: PortError.Kind, _ location: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
  ) async {
    do {
      try await body()
      Issue.record("nothing was thrown", sourceLocation: location)
    } catch let error as PortError {
      #expect(error.kind == kind, "\(error)", sourceLocation: location)
    } catch {
      Issue.record("\(error)", sourceLocation: location)
    }
  }
}
