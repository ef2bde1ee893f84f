import SluiceCore
import SluicePorts
import Testing

/// A balancer as clients who come back see it.
protocol PinnedDoor: Sendable {
  func set(_ weights: Weights) async throws
  func takeOut(_ host: HostName) async throws
  func giveBack(_ host: HostName) async throws
  func change(_ host: HostName, isReady: Bool) async throws
  /// The first client comes back. The host that served it; nil: the client was asked to wait.
  func comesBack() async throws -> HostName?
  /// Somebody new comes, and is the one who comes back from now on.
  func comesFirst() async throws -> HostName
  /// The balancer's process ends and starts again: its memory is gone, its files are not.
  func restart() async throws
}

/// The sessions of a client with a pin, for every kind of pin and every balancer.
struct PinConformance {
  let door: any PinnedDoor
  let pinned: PinnedClients
  private let canary: HostName = "mac-a"

  func check() async throws {
    try await door.set(.percent(100, pinEpoch: 1, generation: 1))
    #expect(try await door.comesFirst() == canary)
    try await door.set(.percent(0, pinEpoch: 1, generation: 2))
    #expect(try await door.comesBack() == canary, "a share moves nobody")

    try await door.takeOut(canary)
    let meanwhile = try await door.comesBack()
    switch pinned {
    case .wait: #expect(meanwhile == nil, "it waits while its gateway is swung")
    case .move: #expect(meanwhile.map { $0 != canary } == true, "stable serves it meanwhile")
    }
    try await door.giveBack(canary)
    #expect(try await door.comesBack() == canary, "its arm is still the canary")

    try await door.change(canary, isReady: false)
    let elsewhere = try await door.comesBack()
    #expect(elsewhere.map { $0 != canary } == true, "a canary that is down holds nobody up")
    try await door.change(canary, isReady: true)
    #expect(try await door.comesBack() == canary)

    try await door.set(.percent(0, pinEpoch: 2, generation: 3))
    let stable = try #require(try await door.comesBack())
    #expect(stable != canary, "a new pin epoch lets it go")
    #expect(try await door.comesBack() == stable, "and holds it where it is then")
    try await door.set(.percent(100, pinEpoch: 2, generation: 4))
    #expect(try await door.comesBack() == stable)
    try await aNewPinEpochLetsNobodyGoWhoIsOnStable(stable)
  }

  /// The proof, the ramp and the mirror of a promotion, as a client of a stable gateway sees them.
  private func aNewPinEpochLetsNobodyGoWhoIsOnStable(_ stable: HostName) async throws {
    try await door.set(.percent(0, pinEpoch: 3, generation: 5))
    // The client does not come back before the share is up again: nothing re-issues its pin meanwhile.
    for (generation, percent) in [(6, 5), (7, 40), (8, 100)] as [(Int64, Int)] {
      try await door.set(.percent(percent, pinEpoch: 3, generation: generation))
    }
    #expect(try await door.comesBack() == stable, "a pin epoch is the canary's alone")

    try await door.takeOut(stable)
    let meanwhile = try await door.comesBack()
    switch pinned {
    case .wait: #expect(meanwhile == nil, "it waits while its gateway is swung")
    case .move:
      #expect(meanwhile.map { $0 != stable && $0 != canary } == true, "its arm is still stable")
    }
    try await door.giveBack(stable)
    let back = try await door.comesBack()
    if pinned == .wait { #expect(back == stable, "and is where it was") }
    #expect(back != canary)
    try await door.set(.percent(0, pinEpoch: 4, generation: 9))
    try await door.set(.percent(100, pinEpoch: 4, generation: 10))
    #expect(try await door.comesBack() == back)
  }

  /// The balancer is killed and starts again. The hash of a key finds its gateway within the arm, and
  /// its arm as long as the share is not higher than when the key was dealt.
  func checkMemoryLoss() async throws {
    try await door.set(.percent(0, pinEpoch: 1, generation: 1))
    let stable = try await door.comesFirst()
    #expect(stable != canary)
    try await door.restart()
    #expect(try await door.comesBack() == stable)
    try await door.set(.percent(0, pinEpoch: 2, generation: 2))
    try await door.set(.percent(100, pinEpoch: 2, generation: 3))
    #expect(try await door.comesBack() == stable, "it was seen since, and so is known again")
  }

  func checkMemoryLossOnTheCanary() async throws {
    try await door.set(.percent(100, pinEpoch: 1, generation: 1))
    #expect(try await door.comesFirst() == canary)
    try await door.restart()
    #expect(try await door.comesBack() == canary)
    try await door.set(.percent(0, pinEpoch: 1, generation: 2))
    #expect(try await door.comesBack() == canary)
  }
}
