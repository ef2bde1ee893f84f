import SluiceCore

/// Clients who come back to where they were: held by a cookie or by their session's key, whatever
/// the share is by then; to the canary only in the pin epoch that they were dealt under.
struct ReturningClients: Sendable {
  struct Client: Sendable {
    var arm: Arm
    var host: HostName
    /// Those that dealt it.
    var pinEpoch: Int64
    var generation: Int64
    /// By its session's key, which the balancer remembers; else by a cookie, which it keeps itself.
    var hasKey: Bool
    /// Below it of 10,000 lies its key's hash: the share from which on it is drawn to the canary.
    var hash: Int
    /// The balancer does not remember its key.
    var isForgotten = false
  }

  /// The fate of a client who comes back.
  enum Return {
    case served(TrafficModel.Place, SessionRecord.Why)
    /// Its gateway is being swung: the balancer asks it to wait.
    case waits
    /// Its arm has no gateway in service.
    case refused
    /// Nothing holds it any more.
    case isNew
  }

  private static let most = 24
  /// These clients live as long as the world, and are not replaced.
  private static let early = 12

  private(set) var clients: [Client] = []
  private(set) var moves = ConversationMoves()

  /// Those who were there before the promotion; an earlier one left some on the canary, at any
  /// share.
  init(hosts: [(host: HostName, arm: Arm)], weights: Weights) {
    let canaries = hosts.filter { $0.arm == .canary }
    let stables = hosts.filter { $0.arm == .stable }
    for number in 0..<Self.early {
      let pool = number % 4 == 0 ? canaries : stables
      guard !pool.isEmpty else { continue }
      let (host, arm) = pool[number % pool.count]
      clients.append(
        Client(
          arm: arm, host: host, pinEpoch: weights.pinEpoch, generation: weights.generation - 1,
          hasKey: number % 4 < 2, hash: arm == .canary ? 0 : 700 * number))
    }
  }

  /// One of them comes back.
  /// - Parameter mayWait: who is held to a gateway that is taken out waits, and is not moved.
  mutating func comesBack(
    _ number: Int, weights: Weights, share: Share, pools: Pools<TrafficModel.Place>, mayWait: Bool
  ) -> Return {
    let client = clients[number]
    guard isHeld(number, weights, share) else { return .isNew }
    if mayWait, pools.takenOut.contains(client.host) { return .waits }
    let places = client.arm == .canary ? pools.canaries : pools.stables
    // The canary has no live server: stable serves, and the client keeps its pin to the canary.
    if client.arm == .canary, places.isEmpty {
      return pools.stables.first.map { .served($0, .failOpen) } ?? .refused
    }
    // Its gateway is down, or out: another of its arm, from now on.
    guard let place = places.first(where: { $0.host == client.host }) ?? places.first else {
      return .refused
    }
    settle(number, client.arm, place.host, weights, pools, isDealt: client.isForgotten)
    return .served(place, client.isForgotten ? .draw : client.hasKey ? .key : .cookie)
  }

  /// A key that is not remembered is dealt by its hash, which finds its gateway again within the
  /// arm.
  private func isHeld(_ number: Int, _ weights: Weights, _ share: Share) -> Bool {
    let client = clients[number]
    if client.isForgotten {
      return (client.hash < share.basisPoints) == (client.arm == .canary)
    }
    if client.arm == .canary, client.pinEpoch != weights.pinEpoch { return false }
    return true
  }

  /// Where a client is served from now on, and why that is another gateway than before.
  mutating func settle(
    _ number: Int, _ arm: Arm, _ host: HostName, _ weights: Weights,
    _ pools: Pools<TrafficModel.Place>, isDealt: Bool
  ) {
    let before = clients[number]
    if host != before.host { moves.note(before, to: host, weights, pools) }
    clients[number].arm = arm
    clients[number].host = host
    clients[number].isForgotten = false
    guard isDealt else { return }
    clients[number].pinEpoch = weights.pinEpoch
    clients[number].generation = weights.generation
  }

  /// Remembers the client that was just drawn; a full table replaces an old client.
  mutating func remember(
    _ arm: Arm, _ host: HostName, _ weights: Weights, draw: Int, number: Int
  ) {
    let client = Client(
      arm: arm, host: host, pinEpoch: weights.pinEpoch, generation: weights.generation,
      hasKey: number % 2 == 0, hash: draw)
    if clients.count < Self.most {
      clients.append(client)
    } else {
      clients[Self.early + number % (Self.most - Self.early)] = client
    }
  }

  /// A new process of the balancer remembers no key.
  mutating func forgetKeys() {
    for number in clients.indices where clients[number].hasKey {
      clients[number].isForgotten = true
    }
  }
}

/// Conversations that are on another gateway than before.
struct ConversationMoves: Sendable {
  enum Cause: Sendable, Hashable, CaseIterable {
    /// Its pin on the canary was voided.
    case unpinned
    /// Its gateway is down, or was taken out where the fleet says `move`.
    case gatewayLeft
    /// The balancer was started anew, and has forgotten its key.
    case memoryLost
  }

  /// Nothing explains it.
  struct Stray: Sendable, Equatable {
    var from: HostName
    var to: HostName
    var weights: Weights
  }

  private(set) var counts: [Cause: Int] = [:]
  private(set) var strays: [Stray] = []

  mutating func note(
    _ client: ReturningClients.Client, to host: HostName, _ weights: Weights,
    _ pools: Pools<TrafficModel.Place>
  ) {
    let places = client.arm == .canary ? pools.canaries : pools.stables
    if !places.contains(where: { $0.host == client.host }) {
      counts[.gatewayLeft, default: 0] += 1
    } else if client.arm == .canary, client.pinEpoch != weights.pinEpoch {
      counts[.unpinned, default: 0] += 1
    } else if client.isForgotten {
      counts[.memoryLost, default: 0] += 1
    } else {
      strays.append(Stray(from: client.host, to: host, weights: weights))
    }
  }
}

/// A client who was held was served by the new release on a canary: what Sluice must have meant.
struct HeldVisit: Sendable, Equatable {
  var host: HostName
  /// Lines of the ledger by then.
  var lines: Int
  /// The weights that dealt the client, and those in force.
  var generation: Int64
  var weights: Weights
}
