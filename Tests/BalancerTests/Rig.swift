import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

/// The real clock.
struct RealTime: Time {
  func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(),
      boot: SystemClock.bootIdentifier())
  }
  func sleep(for duration: Duration) async throws(CancellationError) {
    try await SystemClock.sleep(for: duration)
  }
}

/// Three gateways, the files of a managed HAProxy in front of them, and a client.
final class Rig: Sendable {
  static let canary = HostName("mac-a")
  static let stables = [HostName("mac-b"), HostName("mac-c")]

  let directory: TemporaryDirectory
  let gateways: [HostName: StubGateway]
  let fleet: Fleet
  let limits: SourceLimits
  let balancer: ManagedHAProxy
  let client = HTTPClient()

  private init(
    pinned: PinnedClients, _ limits: SourceLimits, _ change: (inout HAProxySpec) -> Void
  ) throws {
    directory = try TemporaryDirectory()
    var gateways: [HostName: StubGateway] = [:]
    for host in [Self.canary] + Self.stables { gateways[host] = try StubGateway(host.rawValue) }
    self.gateways = gateways
    let bind = try PortFinder.freeLoopbackPorts(1)[0]
    var fleet = Fleet.example(
      directory: directory("lb"), bind: "127.0.0.1:\(bind)", pinned: pinned,
      ports: gateways.mapValues(\.port))
    change(&fleet.haproxy)
    self.fleet = fleet
    self.limits = limits
    balancer = try ManagedHAProxy(fleet.haproxy, fleet: fleet, time: RealTime(), limits: limits)
  }

  /// Runs the body with HAProxy running, and ends everything.
  static func with(
    pinned: PinnedClients = .wait, limits: SourceLimits = SourceLimits(),
    change: (inout HAProxySpec) -> Void = { _ in },
    _ body: (Rig) async throws -> Void
  ) async throws {
    try await prepared(pinned: pinned, limits: limits, change: change) { rig in
      try await rig.balancer.ensureRunning()
      try await body(rig)
    }
  }

  /// The same, but nothing is started yet.
  static func prepared(
    pinned: PinnedClients = .wait, limits: SourceLimits = SourceLimits(),
    change: (inout HAProxySpec) -> Void = { _ in },
    _ body: (Rig) async throws -> Void
  ) async throws {
    let rig = try Rig(pinned: pinned, limits, change)
    let result: Result<Void, any Error>
    do { result = .success(try await body(rig)) } catch { result = .failure(error) }
    // A test that was cancelled must end its HAProxy all the same.
    await Task { await rig.end() }.value
    try result.get()
  }

  private func end() async {
    try? await balancer.stop(deadline: .zero)
    if let process = try? ProcessRecord.read(balancer.files.record)?.process {
      try? Processes.signal(process, 9)
    }
    client.shutdown()
    for gateway in gateways.values { gateway.stop() }
  }

  /// The cookie that pins a client to the canary in a pin epoch.
  func canaryPin(_ epoch: Int64) throws -> String { try secret().canaryPin(epoch) }

  /// The cookies that pin a client to stable, and to each gateway.
  func pins() throws -> (stable: String, gateways: [HostName: String]) {
    let secret = try secret()
    return (
      secret.stablePin,
      Dictionary(uniqueKeysWithValues: fleet.gateways.map { ($0.name, secret.gatewayPin($0.name)) })
    )
  }

  func secret() throws -> FleetSecret {
    try #require(try FleetSecret.read(balancer.files.secret))
  }

  /// Ends HAProxy as a crash would; returns when nobody listens any more.
  func kill(_ process: ProcessIdentity) async throws {
    try Processes.signal(process, 9)
    // The sockets of a process may live for a moment longer than its number.
    let isGone = await eventually {
      (try? await StreamConnection.connect(
        .unix(path: balancer.files.administration), deadline: .seconds(5))) == nil
    }
    try #require(isGone)
  }

  /// A new controller's view of the same balancer.
  func another(fleet: Fleet? = nil) throws -> ManagedHAProxy {
    let fleet = fleet ?? self.fleet
    return try ManagedHAProxy(fleet.haproxy, fleet: fleet, time: RealTime(), limits: limits)
  }

  func log(grace: Duration = .seconds(2)) -> SessionLog {
    SessionLog(
      socket: balancer.files.administration, unread: balancer.files.unread,
      directory: directory("evidence"), time: RealTime(), grace: grace)
  }

  @discardableResult
  func share(_ percent: Int, pinEpoch: Int64 = 1, generation: Int64) async throws -> BalancerState {
    try await balancer.apply(
      .percent(percent, pinEpoch: pinEpoch, generation: generation), epoch: Epoch(1))
  }

  /// A command to HAProxy's runtime API, past Sluice.
  @discardableResult
  func tell(_ command: String) async throws -> String {
    let connection = try await StreamConnection.connect(
      .unix(path: balancer.files.administration), deadline: .seconds(10))
    defer { connection.close() }
    try await connection.write(text: "\(command)\n")
    return String(decoding: try await connection.readAll(deadline: .seconds(10)), as: UTF8.self)
  }

  // MARK: Clients

  struct Reply: Sendable {
    var status: Int
    /// The gateway that answered, or the balancer's own text.
    var text: String
    var headers: HTTPHeaders
    /// As a browser would send them back.
    var cookies: String

    var host: HostName { HostName(text) }
    var arm: String? { headers["X-Sluice-Arm"] }
  }

  func get(
    _ path: String = "/", _ headers: HTTPHeaders = [:], method: String = "GET"
  ) async throws -> Reply {
    let response = try await client.send(
      HTTPRequest(
        method, "http://\(fleet.haproxy.bind)\(path)", headers: headers, deadline: .seconds(30)))
    let cookies = response.headers.all("Set-Cookie")
      .map { String($0.prefix { $0 != ";" }) }.joined(separator: "; ")
    return Reply(
      status: response.status, text: response.text, headers: response.headers, cookies: cookies)
  }

  /// Sends a request as it is written; whether a gateway answered it.
  func raw(_ lines: String...) async throws -> Bool {
    guard let address = SocketAddress(fleet.haproxy.bind) else { return false }
    let connection = try await StreamConnection.connect(address, deadline: .seconds(10))
    defer { connection.close() }
    let head = lines + ["Host: localhost", "Connection: close", "", ""]
    try await connection.write(text: head.joined(separator: "\r\n"))
    let reply = String(
      decoding: try await connection.readAll(deadline: .seconds(30)), as: UTF8.self)
    return reply.lowercased().contains("x-sluice-arm: ")
  }

  /// Many requests, some at a time; the answers in the order of the headers.
  func get(each headers: [HTTPHeaders]) async throws -> [Reply] {
    try await withThrowingTaskGroup(of: [(Int, Reply)].self) { group in
      let lanes = 8
      for lane in 0..<lanes {
        group.addTask {
          var replies: [(Int, Reply)] = []
          for index in stride(from: lane, to: headers.count, by: lanes) {
            replies.append((index, try await self.get("/", headers[index])))
          }
          return replies
        }
      }
      var all: [(Int, Reply)] = []
      for try await part in group { all += part }
      return all.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// That many new sessions; how many went to each arm.
  func draw(_ count: Int) async throws -> (canary: Int, stable: Int) {
    let replies = try await get(each: Array(repeating: [:], count: count))
    return (
      replies.count { $0.arm == "canary" && $0.status == 200 },
      replies.count { $0.arm == "stable" && $0.status == 200 }
    )
  }

  struct NoGreeting: Error {}

  /// An open WebSocket and the gateway at its other end.
  func webSocket(_ headers: HTTPHeaders = [:]) async throws -> (WebSocketClient, HostName) {
    let socket = try await WebSocketClient.connect(
      "ws://\(fleet.haproxy.bind)/", headers: headers, deadline: .seconds(30))
    guard case .text(let name) = try await socket.receive() else { throw NoGreeting() }
    return (socket, HostName(name))
  }
}

extension Weights {
  static func percent(_ percent: Int, pinEpoch: Int64 = 1, generation: Int64) -> Weights {
    Weights(
      share: Share(basisPoints: percent * 100) ?? .zero, pinEpoch: pinEpoch,
      generation: generation)
  }
}

extension BalancerState {
  var isWhollyInService: Bool { servers.allSatisfy { $0.isInService } }
  func server(_ host: HostName) -> Server? { servers.first { $0.host == host } }
}
