import SluiceCore
import SluicePorts
import SluiceSystem

/// HAProxy as a process that Sluice owns and that outlives every controller.
///
/// What it shall do is on disk before it is told; it starts with what is on disk. Whatever changes
/// something holds the directory's lock and carries an epoch.
public actor ManagedHAProxy: Balancer {
  let fleet: Fleet
  public nonisolated let files: HAProxyFiles
  let time: any Time
  let runtime: RuntimeSocket

  /// The balancer's checks come every 500 ms.
  static let pollInterval: Duration = .milliseconds(50)
  /// Nobody holds the lock for longer than a start takes.
  private static let lockMilliseconds: Int64 = 20_000

  /// Touches nothing. Throws `.refused` when the balancer's directory cannot be used.
  public init(fleet: Fleet, time: any Time) throws(PortError) {
    self.fleet = fleet
    self.time = time
    files = try HAProxyFiles(directory: fleet.balancer.directory)
    runtime = RuntimeSocket(path: files.administration)
  }

  // MARK: Balancer

  public func read() async throws(PortError) -> BalancerState {
    let info = try await runtime.read(.info, RuntimeReply.info)
    guard try ProcessRecord.read(files.record)?.process?.pid == info.processID else {
      throw stranger(info.processID)
    }
    let states = try await runtime.read(.serverStates, RuntimeReply.servers)
    let sessions = try await runtime.read(.serverSessions, RuntimeReply.sessions)
    let value = try await runtime.read(
      .getMap(files.stateMap, StateMap.key), RuntimeReply.mapValue)
    guard let value, let weights = StateMap.weights(from: value) else {
      throw PortError(
        .failed, "HAProxy's state is \"\(value ?? "")\", which Sluice never set",
        remedy: "Somebody else changed it: set a share again, or roll back.")
    }
    var servers: [BalancerState.Server] = []
    for host in fleet.gateways {
      let name = HAProxyConfiguration.serverName(host)
      guard let state = states[name] else { throw unknownHost(host.name) }
      servers.append(
        BalancerState.Server(
          host: host.name, arm: host.arm, isUp: state.isUp, isTakenOut: state.isTakenOut,
          openSessions: sessions[name] ?? 0))
    }
    return BalancerState(
      weights: weights, servers: servers, processID: info.processID, upSeconds: info.upSeconds)
  }

  public func apply(_ weights: Weights, epoch: Epoch) async throws(PortError) -> BalancerState {
    let value = try StateMap.value(of: weights)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let kept = try weightsOnDisk()
    if let kept, kept.generation > weights.generation {
      throw PortError(
        .refused,
        "generation \(weights.generation) is older than \(kept.generation), which is set")
    }
    try write(files.stateMap, try StateMap.file(weights))
    if try await isServing() {
      try await runtime.order(.setMap(files.stateMap, StateMap.key, value))
    } else {
      try await start()
    }
    return try await read()
  }

  public func takeOut(_ host: HostName, epoch: Epoch) async throws(PortError) -> BalancerState {
    let server = try serverName(host)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let wish: HoldMap.Value = fleet.balancer.pinned == .wait ? .waiting : .moved
    try writeHold(wish, for: host)
    if try await isServing() {
      // Its clients wait from now on; then it gets nobody new.
      try await runtime.order(.setMap(files.holdMap, host.rawValue, wish.rawValue))
      try await runtime.order(.setServer(server, state: wish == .waiting ? .drain : .maint))
    } else {
      try await start()
    }
    return try await read()
  }

  public func giveBack(
    _ host: HostName, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> BalancerState {
    let server = try serverName(host)
    guard try await beginChecking(host, server, epoch) else { return try await read() }
    try await awaitUp(host, server, deadline)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    try writeHold(.inService, for: host)
    try await runtime.order(.setServer(server, state: .ready))
    try await runtime.order(
      .setMap(files.holdMap, host.rawValue, HoldMap.Value.inService.rawValue))
    return try await read()
  }

  public func evict(_ host: HostName, epoch: Epoch) async throws(PortError) -> Int {
    let server = try serverName(host)
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    let open = try await runtime.read(.serverSessions, RuntimeReply.sessions)[server] ?? 0
    try await runtime.order(.shutdownSessions(server))
    return open
  }

  // MARK: Giving back

  /// Has the host checked afresh, still without traffic. False when it is in service already.
  private func beginChecking(
    _ host: HostName, _ server: String, _ epoch: Epoch
  ) async throws(PortError) -> Bool {
    let lock = try await acquireLock()
    defer { lock.release() }
    try fence(epoch)
    if try await !isServing() { try await start() }
    let states = try await runtime.read(.serverStates, RuntimeReply.servers)
    guard let state = states[server] else { throw unknownHost(host) }
    if try holdsOnDisk()[host] ?? .inService == .inService, state.isUp, !state.isTakenOut {
      return false
    }
    if state.isInMaintenance || !state.isTakenOut {
      try await runtime.order(.setServer(server, state: .drain))
    }
    // What the check said before the swing is no proof of the gateway after it.
    try await runtime.order(.markDown(server))
    return true
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

  func pause() async throws(PortError) {
    do { try await time.sleep(for: Self.pollInterval) } catch {
      throw PortError(.unknown, "the controller is stopping")
    }
  }

  func elapsed(since began: Moment) -> Duration {
    time.now().milliseconds(since: began).map { .milliseconds($0) } ?? .seconds(86_400)
  }

  /// Whether the process of the record answers. Throws when something else does.
  func isServing() async throws(PortError) -> Bool {
    let info: RuntimeReply.Info
    do throws(PortError) { info = try await runtime.read(.info, RuntimeReply.info) } catch {
      if error.kind == .unreachable { return false }
      throw error
    }
    guard let record = try ProcessRecord.read(files.record), record.process?.pid == info.processID
    else { throw stranger(info.processID) }
    return true
  }

  func acquireLock() async throws(PortError) -> FileLock {
    let began = time.now()
    while true {
      do throws(SystemError) {
        try Files.makeDirectory(files.directory, mode: 0o700)
        let note = "sluice, pid \(HostFacts.processIdentifier)"
        if let lock = try FileLock.tryAcquire(files.lock, note: note) { return lock }
      } catch { throw PortError(.failed, "the balancer's directory cannot be locked: \(error)") }
      guard elapsed(since: began) < .milliseconds(Self.lockMilliseconds) else {
        throw PortError(
          .unreachable,
          "somebody else has been changing the balancer for "
            + "\(Self.lockMilliseconds / 1000) s: \((try? FileLock.holderNote(files.lock)) ?? "")",
          remedy: "Wait for it, or end it.")
      }
      try await pause()
    }
  }

  private func serverName(_ host: HostName) throws(PortError) -> String {
    guard let spec = fleet.host(host), spec.role == .gateway else { throw unknownHost(host) }
    return HAProxyConfiguration.serverName(spec)
  }

  private func unknownHost(_ host: HostName) -> PortError {
    PortError(
      .refused, "the balancer knows no \(host)",
      remedy: "HAProxy runs with the gateways of sluice.yaml as they were when it was started.")
  }

  func stranger(_ pid: Int32) -> PortError {
    PortError(
      .refused,
      "an HAProxy that Sluice has no record of, process \(pid), answers at "
        + files.administration,
      remedy: "End it (kill \(pid)), or give this fleet another balancer.directory.")
  }
}
