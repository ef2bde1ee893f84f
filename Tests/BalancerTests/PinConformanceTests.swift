import SluiceCore
import SluiceEngine
import SluiceHTTP
import SluicePorts
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceHAProxy
@testable import SluiceSimulator

@Suite("Clients who come back, as every balancer treats them")
struct PinConformanceTests {
  @Test("the simulated one", arguments: PinnedClients.allCases, [true, false])
  func simulated(pinned: PinnedClients, hasKey: Bool) async throws {
    try await PinConformance(
      door: SimulatedDoor(pinned: pinned, hasKey: hasKey), pinned: pinned
    ).check()
  }

  @Test("the simulated one that is killed", arguments: [true, false])
  func simulatedMemoryLoss(hasKey: Bool) async throws {
    try await PinConformance(
      door: SimulatedDoor(pinned: .wait, hasKey: hasKey), pinned: .wait
    ).checkMemoryLoss()
    try await PinConformance(
      door: SimulatedDoor(pinned: .wait, hasKey: hasKey), pinned: .wait
    ).checkMemoryLossOnTheCanary()
  }

  @Test(
    "the managed HAProxy",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)),
    arguments: PinnedClients.allCases, VisitKind.allCases)
  func managed(pinned: PinnedClients, kind: VisitKind) async throws {
    try await Rig.with(pinned: pinned) { rig in
      try await PinConformance(door: HAProxyDoor(rig: rig, kind: kind), pinned: pinned).check()
    }
  }

  @Test(
    "the managed HAProxy that is killed",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)),
    arguments: VisitKind.allCases)
  func managedMemoryLoss(kind: VisitKind) async throws {
    try await Rig.with { rig in
      try await PinConformance(
        door: HAProxyDoor(rig: rig, kind: kind), pinned: .wait
      ).checkMemoryLoss()
    }
    try await Rig.with { rig in
      try await PinConformance(
        door: HAProxyDoor(rig: rig, kind: kind), pinned: .wait
      ).checkMemoryLossOnTheCanary()
    }
  }
}

/// The mark by which the balancer knows a client, and how the mark travels.
enum VisitKind: CaseIterable {
  case key, cookie, keyedSocket, cookieSocket

  var hasKey: Bool { self == .key || self == .keyedSocket }
  var isSocket: Bool { self == .keyedSocket || self == .cookieSocket }
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
  func giveBack(_ host: HostName) throws { try ask(.giveBack(host, deadline: 1_000)) }
  func change(_ host: HostName, isReady: Bool) {
    state.withLock { $0.balancer.note(host, isUp: isReady) }
  }

  func restart() {
    state.withLock {
      $0.balancer.restart()
      $0.returning.forgetKeys()
    }
  }

  func comesFirst() throws -> HostName {
    try state.withLock { state in
      let pools = Self.pools(state.balancer)
      let assigned = pools.assign(draw: 0, pick: 0, share: state.balancer.dealtShare)
      let place = try #require(assigned.place)
      state.returning.remember(
        assigned.arm, place.host, state.balancer.weights, draw: 0, number: hasKey ? 0 : 1)
      return place.host
    }
  }

  func comesBack() throws -> HostName? {
    let back = state.withLock { state in
      state.returning.comesBack(
        0, weights: state.balancer.weights, share: state.balancer.dealtShare,
        pools: Self.pools(state.balancer), mayWait: mayWait)
    }
    switch back {
    case .waits, .refused: return nil
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
  private let kind: VisitKind
  private let key: HTTPHeaders?
  private let cookies = Mutex<[String: String]>([:])

  init(rig: Rig, kind: VisitKind) {
    self.rig = rig
    self.kind = kind
    key = kind.hasKey ? ["x-openclaw-session-key": "agent:main:7"] : nil
  }

  func restart() async throws {
    let process = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
    try await rig.kill(process)
    try await rig.balancer.ensureRunning()
    try #require(
      await eventually { try await rig.balancer.read().servers.allSatisfy(\.isUp) })
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
    // A page is loaded before its socket is opened: by then there are cookies.
    if kind.isSocket, key != nil || !sent.isEmpty { return try await opens(headers) }
    let reply = try await rig.get("/", headers)
    keepCookies(of: reply.headers)
    return reply.status == 503 ? nil : reply.host
  }

  /// As a browser keeps them, of a socket's handshake, too: a later value replaces the earlier one.
  private func keepCookies(of headers: HTTPHeaders) {
    for line in headers.all("Set-Cookie") {
      let parts = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { cookies.withLock { $0[String(parts[0])] = String(parts[1]) } }
    }
  }

  /// The gateway at the other end of a WebSocket; nil: it was asked to wait.
  private func opens(_ headers: HTTPHeaders) async throws -> HostName? {
    do {
      let (socket, host) = try await rig.webSocket(headers)
      keepCookies(of: socket.headers)
      await socket.close()
      return host
    } catch let error as WebSocketError where error.status == 503 { return nil }
  }
}
