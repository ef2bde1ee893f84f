import SluiceCore
import SluicePorts
import SluiceSystem

/// HAProxy as a process that Sluice owns and that outlives every controller.
///
/// HAProxy starts with the files on disk. Sluice writes a change to disk before it sends the change
/// to HAProxy. Each change needs the directory's lock and carries an epoch.
public actor ManagedHAProxy: Balancer, EpochFence {
  let spec: HAProxySpec
  let fleet: Fleet
  public nonisolated let files: HAProxyFiles
  let time: any Time
  let runtime: RuntimeSocket
  let limits: SourceLimits
  /// Read once.
  var keptSecret: FleetSecret?

  /// The balancer's checks come every 500 ms.
  static let pollInterval: Duration = .milliseconds(50)
  /// A process holds the lock no longer than a start takes.
  private static let lockMilliseconds: Int64 = 20_000
  /// HAProxy ends sessions within milliseconds.
  private static let evictionLimit: Duration = .seconds(1)

  /// Touches nothing. Throws `.refused` when the balancer's directory cannot be used.
  public init(_ spec: HAProxySpec, fleet: Fleet, time: any Time) throws(PortError) {
    try self.init(spec, fleet: fleet, time: time, limits: SourceLimits())
  }

  init(
    _ spec: HAProxySpec, fleet: Fleet, time: any Time, limits: SourceLimits
  ) throws(PortError) {
    self.limits = limits
    self.spec = spec
    self.fleet = fleet
    self.time = time
    files = try HAProxyFiles(directory: spec.directory)
    runtime = RuntimeSocket(path: files.administration)
  }

  // MARK: Balancer

  public static let capabilities = BalancerCapabilities.all
  public nonisolated var capabilities: BalancerCapabilities { Self.capabilities }

  public func read() async throws(PortError) -> BalancerState { try await exchange().state }

  public func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
    // The method refuses values that cannot be set before it changes anything.
    _ = try StateMap.value(of: weights, try secret())
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let kept = try weightsOnDisk()
    if let kept, kept.generation > weights.generation {
      throw PortError(
        .refused,
        "generation \(weights.generation) is older than \(kept.generation), which is set")
    }
    if kept != weights { try writeWeights(weights, after: kept) }
    let state = try await startingIfNeeded { () throws(PortError) in
      try await exchange(weights)
    }
    reserve.keep()
    return state
  }

  public func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
    let server = try serverName(host)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let wish: HoldMap.Value = spec.pinned == .wait ? .waiting : .moved
    try writeHold(wish, for: host)
    // First the clients of the server wait; then the server gets no new clients.
    let orders: [RuntimeCommand] = [
      .setMap(files.holdMap, host.rawValue, wish.rawValue),
      .setServer(server, state: wish == .waiting ? .drain : .maint),
    ]
    return try await startingIfNeeded { () throws(PortError) in
      try await exchange(orders, holding: host, as: wish)
    }
  }

  public func giveBack(
    _ host: HostName, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> BalancerState {
    let server = try serverName(host)
    if let inService = try await beginChecking(host, server, epoch) { return inService }
    try await awaitUp(host, server, deadline)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    try writeHold(.inService, for: host)
    let orders: [RuntimeCommand] = [
      .setServer(server, state: .ready),
      .setMap(files.holdMap, host.rawValue, HoldMap.Value.inService.rawValue),
    ]
    return try await exchange(orders, holding: host, as: .inService)
  }

  public func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
    let server = try serverName(host)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let open = try await exchange().state.openSessions(of: host)
    let began = time.now()
    var left = try await exchange([.shutdownSessions(server)]).state.openSessions(of: host)
    while left > 0, elapsed(since: began) < Self.evictionLimit {
      try await pause()
      left = try await exchange().state.openSessions(of: host)
    }
    // Those that are left came anew: a host that is still in service.
    return max(0, open - left)
  }

  // MARK: Giving back

  /// Has the host checked afresh, still without traffic. The state when it is in service already.
  private func beginChecking(
    _ host: HostName, _ server: String, _ epoch: Epoch
  ) async throws(PortError) -> BalancerState? {
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let observed = try await startingIfNeeded { () throws(PortError) in try await exchange() }
    guard let state = observed.servers[server] else { throw unknownHost(host) }
    if try holdsOnDisk()[host] ?? .inService == .inService, state.isUp, !state.isTakenOut {
      return observed.state
    }
    var orders: [RuntimeCommand] = []
    if state.isInMaintenance || !state.isTakenOut {
      orders.append(.setServer(server, state: .drain))
    }
    // The host was proven just now: a refusal of before says nothing of it any more.
    orders += [.setHealthCheck(server, isOn: true), .setAgent(server, isDown: false)]
    // The health check's result before the swing proves nothing about the gateway after the swing.
    orders.append(.markDown(server))
    _ = try await exchange(orders)
    return nil
  }

  private func awaitUp(
    _ host: HostName, _ server: String, _ deadline: Duration
  ) async throws(PortError) {
    let began = time.now()
    while try await runtime.read(.serverStates, RuntimeReply.servers)[server]?.isUp != true {
      guard elapsed(since: began) < deadline else {
        throw PortError(
          .failed, "HAProxy's check of \(host) did not succeed within \(deadline)",
          remedy: "It stays out of service. See what its probe says:  sluice explain")
      }
      try await pause()
    }
  }

  // MARK: What all share

  /// When HAProxy does not run it is started, with what was just written, and asked again. The
  /// caller holds the lock.
  private func startingIfNeeded<Value>(
    _ body: () async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    do throws(PortError) { return try await body() } catch {
      guard error.kind == .unreachable || (error.kind == .unknown && !hasProcess()) else {
        throw error
      }
    }
    try await start()
    return try await body()
  }

  func pause() async throws(PortError) {
    do { try await time.sleep(for: Self.pollInterval) } catch {
      throw PortError(.unknown, "the controller is stopping")
    }
  }

  func elapsed(since began: Moment) -> Duration {
    time.now().milliseconds(since: began).map { .milliseconds($0) } ?? .seconds(86_400)
  }

  func acquireLock() async throws(PortError) -> FileLock {
    let began = time.now()
    while true {
      do throws(SystemError) {
        try Files.makePrivateDirectory(files.directory)
        // Without a note: it would have to reach the disk before the share does.
        if let lock = try FileLock.tryAcquire(files.lock, note: "") { return lock }
      } catch {
        throw PortError(
          .failed, "the balancer's directory cannot be locked: \(error)", remedy: error.remedy)
      }
      guard elapsed(since: began) < .milliseconds(Self.lockMilliseconds) else {
        throw PortError(
          .unreachable,
          "somebody else has been changing the balancer for \(Self.lockMilliseconds / 1000) s",
          remedy: "Wait for it, or end it. Who it is:  lsof \(files.lock)")
      }
      try await pause()
    }
  }

  func serverName(_ host: HostName) throws(PortError) -> String {
    guard let spec = fleet.host(host), spec.role == .gateway else { throw unknownHost(host) }
    return HAProxyConfiguration.serverName(spec)
  }

  func unknownHost(_ host: HostName) -> PortError {
    PortError(
      .refused, "the balancer knows no \(host)",
      remedy: "It knows the gateways of sluice.yaml as they were when HAProxy was started.")
  }

  /// - Parameter own: the process of the record, which may run on without its socket.
  func stranger(_ pid: Int32, _ own: ProcessIdentity? = nil) -> PortError {
    guard let own, Processes.isRunning(own) else {
      return PortError(
        .refused,
        "an HAProxy that Sluice has no record of, process \(pid), answers at "
          + files.administration,
        remedy: "End it (kill \(pid)), or give this fleet another balancer.directory. Then:  "
          + "sluice balancer start")
    }
    return PortError(
      .refused,
      "a second HAProxy, process \(pid), took the socket of Sluice's own, process \(own.pid), and a "
        + "part of the traffic",
      remedy:
        "End it (kill \(pid)). Sluice's own gets its socket back by itself within seconds while "
        + "the keeper is at work; if not:  sluice balancer restart")
  }
}
