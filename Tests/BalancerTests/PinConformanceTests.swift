import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceSimulator

@Suite("Clients who come back, as every balancer treats them")
struct PinConformanceTests {
  @Test("the simulated one", arguments: PinnedClients.allCases, [true, false])
  func simulated(pinned: PinnedClients, hasKey: Bool) async throws {
    try await PinConformance(
      door: SimulatedDoor(pinned: pinned, hasKey: hasKey), pinned: pinned
    ).check()
  }

  @Test(
    "the managed HAProxy",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)),
    arguments: PinnedClients.allCases, [true, false])
  func managed(pinned: PinnedClients, hasKey: Bool) async throws {
    try await Rig.with(pinned: pinned) { rig in
      try await PinConformance(
        door: HAProxyDoor(rig: rig, hasKey: hasKey), pinned: pinned
      ).check()
    }
  }
}

/// The traffic of a simulated world with one client.
private final class SimulatedDoor: PinnedDoor {
  private struct State {
    var balancer: BalancerModel
    var returning = ReturningClients(hosts: [], weights: .percent(0, generation: 0))
  }

  private let state: Mutex<State>
  private let mayWait: Bool
  private let hasKey: Bool

  init(pinned: PinnedClients, hasKey: Bool) {
    state = Mutex(
      State(
        balancer: BalancerModel(fleet: .example(), weights: .percent(0, generation: 0))))
    mayWait = pinned == .wait
    self.hasKey = hasKey
  }

  private func ask(_ request: BalancerRequest) throws {
    _ = try state.withLock { try $0.balancer.perform(request, epoch: Epoch(1)) }
  }

  func set(_ weights: Weights) throws { try ask(.apply(weights)) }
  func takeOut(_ host: HostName) throws { try ask(.takeOut(host)) }
  func giveBack(_ host: HostName) throws { try ask(.giveBack(host)) }
  func change(_ host: HostName, isReady: Bool) {
    state.withLock { $0.balancer.note(host, isUp: isReady) }
  }

  func comesFirst() throws -> HostName {
    try state.withLock { state in
      let pools = Self.pools(state.balancer)
      let assigned = pools.assign(draw: 0, pick: 0, share: state.balancer.dealtShare)
      let place = try #require(assigned.place)
      state.returning.remember(
        assigned.arm, place.host, state.balancer.weights, number: hasKey ? 0 : 1)
      return place.host
    }
  }

  func comesBack() throws -> HostName? {
    let back = state.withLock { state in
      state.returning.comesBack(
        0, weights: state.balancer.weights, pools: Self.pools(state.balancer), mayWait: mayWait)
    }
    switch back {
    case .waits: return nil
    case .served(let place, _): return place.host
    case .isNew:
      state.withLock { $0.returning = ReturningClients(hosts: [], weights: $0.balancer.weights) }
      return try comesFirst()
    }
  }

  private static func pools(_ balancer: BalancerModel) -> Pools<TrafficModel.Place> {
    Pools(balancer.servers) { .init(host: $0, quality: .usual, isNew: false) }
  }
}

/// Requests with what the client was given, or with its session's key.
private final class HAProxyDoor: PinnedDoor {
  private let rig: Rig
  private let key: HTTPHeaders?
  private let cookies = Mutex<[String: String]>([:])

  init(rig: Rig, hasKey: Bool) {
    self.rig = rig
    key = hasKey ? ["x-openclaw-session-key": "agent:main:7"] : nil
  }

  func set(_ weights: Weights) async throws {
    _ = try await rig.balancer.apply(weights, epoch: Epoch(1))
  }

  func takeOut(_ host: HostName) async throws {
    _ = try await rig.balancer.takeOut(host, epoch: Epoch(1))
  }

  func giveBack(_ host: HostName) async throws {
    _ = try await rig.balancer.giveBack(host, epoch: Epoch(1), deadline: .seconds(30))
  }

  func change(_ host: HostName, isReady: Bool) async throws {
    rig.gateways[host]?.setReady(isReady)
    try #require(
      await eventually { try await rig.balancer.read().server(host)?.isUp == isReady })
  }

  func comesFirst() async throws -> HostName { try #require(try await comesBack()) }

  func comesBack() async throws -> HostName? {
    let sent = cookies.withLock { $0.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    let headers: HTTPHeaders = key ?? (sent.isEmpty ? [:] : ["Cookie": sent])
    let reply = try await rig.get("/", headers)
    // As a browser keeps them: a later value replaces the earlier one.
    for pair in reply.cookies.split(separator: ";") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = String(parts[0].drop { $0 == " " })
      cookies.withLock { $0[name] = String(parts[1]) }
    }
    return reply.status == 503 ? nil : reply.host
  }
}
