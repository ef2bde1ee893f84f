import SluiceCore

/// Clients who come back to where they were: held by a cookie or by their session's key, whatever the
/// share is by then; to the canary only in the pin epoch that they were dealt under.
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

  /// What becomes of a client who comes back.
  enum Return {
    case served(TrafficModel.Place, SessionRecord.Why)
    /// Its gateway is being swung: the balancer asks it to wait.
    case waits
    /// Nothing holds it any more.
    case isNew
  }

  private static let most = 24

  private(set) var clients: [Client] = []

  /// Those who were there before the promotion; an earlier one left some on the canary, at any share.
  init(hosts: [(host: HostName, arm: Arm)], weights: Weights) {
    let canaries = hosts.filter { $0.arm == .canary }
    let stables = hosts.filter { $0.arm == .stable }
    for number in 0..<Self.most / 2 {
      let pool = number % 4 == 0 ? canaries : stables
      guard !pool.isEmpty else { continue }
      let (host, arm) = pool[number % pool.count]
      clients.append(
        Client(
          arm: arm, host: host, pinEpoch: weights.pinEpoch, generation: weights.generation - 1,
          hasKey: number % 2 == 0, hash: arm == .canary ? 0 : 9_999))
    }
  }

  /// One of them comes back.
  /// - Parameter mayWait: who is held to a gateway that is taken out waits, and is not moved.
  mutating func comesBack(
    _ number: Int, weights: Weights, share: Share, pools: Pools<TrafficModel.Place>, mayWait: Bool
  ) -> Return {
    recall(number, weights, share)
    let client = clients[number]
    if client.arm == .canary, client.pinEpoch != weights.pinEpoch { return .isNew }
    if mayWait, pools.takenOut.contains(client.host) { return .waits }
    let places = client.arm == .canary ? pools.canaries : pools.stables
    // A canary without a live server: stable serves, and whoever is held to it stays so.
    if client.arm == .canary, places.isEmpty {
      return pools.stables.first.map { .served($0, .failOpen) } ?? .isNew
    }
    // Its gateway is down, or out: another of its arm, from now on.
    guard let place = places.first(where: { $0.host == client.host }) ?? places.first else {
      return .isNew
    }
    clients[number].host = place.host
    return .served(place, client.hasKey ? .key : .cookie)
  }

  /// A key that is not remembered is dealt by its hash, which finds its gateway again within the arm.
  private mutating func recall(_ number: Int, _ weights: Weights, _ share: Share) {
    guard clients[number].isForgotten else { return }
    clients[number].isForgotten = false
    let arm: Arm = clients[number].hash < share.basisPoints ? .canary : .stable
    if arm == clients[number].arm {
      (clients[number].pinEpoch, clients[number].generation) =
        (weights.pinEpoch, weights.generation)
    } else {
      // Nobody: it is dealt anew.
      clients[number].arm = .canary
      clients[number].pinEpoch = weights.pinEpoch - 1
    }
  }

  /// Who was dealt just now comes back some time; somebody else does not.
  mutating func remember(
    _ arm: Arm, _ host: HostName, _ weights: Weights, draw: Int, number: Int
  ) {
    let client = Client(
      arm: arm, host: host, pinEpoch: weights.pinEpoch, generation: weights.generation,
      hasKey: number % 2 == 0, hash: draw)
    if clients.count < Self.most {
      clients.append(client)
    } else {
      clients[number % Self.most] = client
    }
  }

  /// A new process of the balancer remembers no key.
  mutating func forgetKeys() {
    for number in clients.indices where clients[number].hasKey {
      clients[number].isForgotten = true
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
