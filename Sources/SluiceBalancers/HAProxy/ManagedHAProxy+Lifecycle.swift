import SluiceCore
import SluicePorts
import SluiceSystem

/// Starting, adopting and stopping the process.
extension ManagedHAProxy {
  /// The process that serves.
  public struct Running: Sendable, Hashable {
    public var process: ProcessIdentity
    public var version: String
    /// False when it was started just now.
    public var wasAdopted: Bool
  }

  private static let startDeadline: Duration = .seconds(10)
  private static let terminate: Int32 = 15
  private static let kill: Int32 = 9

  /// Adopts the HAProxy that an earlier controller left, or starts one with what is on disk. Never
  /// two: a second one would start silently and take half of the traffic.
  ///
  /// Throws `.refused` when the one that runs was started with another configuration than
  /// sluice.yaml asks for now; it goes on serving, and can be read and told all the same.
  @discardableResult
  public func ensureRunning() async throws(PortError) -> Running {
    let lock = try await acquireLock()
    defer { lock.release() }
    let info: RuntimeReply.Info
    do throws(PortError) { info = try await runtime.read(.info, RuntimeReply.info) } catch {
      guard error.kind == .unreachable else { throw error }
      try await start()
      return try await running(wasAdopted: false)
    }
    try await adopt(info)
    return try await running(wasAdopted: true)
  }

  /// Ends it without losing a line of the log: no new connections, the open sessions end (those
  /// that do not by the deadline are ended), what the log's ring holds is kept, then SIGTERM.
  public func stop(deadline: Duration = .seconds(10)) async throws(PortError) {
    let lock = try await acquireLock()
    defer { lock.release() }
    guard try await isServing(), let process = try ProcessRecord.read(files.record)?.process else {
      return
    }
    // Already disabled is fine.
    _ = try await runtime.ask(.disableFrontend)
    if try await !isIdle(within: deadline) {
      for host in fleet.gateways {
        try await runtime.order(.shutdownSessions(HAProxyConfiguration.serverName(host)))
      }
      _ = try await isIdle(within: .seconds(2))
    }
    try write(files.unread, try await runtime.ask(.events, limit: 64 << 20))
    do throws(SystemError) {
      try Processes.signal(process, Self.terminate)
      if await !Processes.waitForExit(process, deadline: .seconds(5)) {
        try Processes.signal(process, Self.kill)
        _ = await Processes.waitForExit(process, deadline: .seconds(5))
      }
    } catch {
      guard Processes.isRunning(process) else { return }
      throw PortError(.failed, "HAProxy, process \(process.pid), cannot be ended: \(error)")
    }
  }

  private func isIdle(within limit: Duration) async throws(PortError) -> Bool {
    let began = time.now()
    while true {
      let sessions = try await runtime.read(.serverSessions, RuntimeReply.sessions)
      if sessions.values.allSatisfy({ $0 == 0 }) { return true }
      if elapsed(since: began) >= limit { return false }
      try await pause()
    }
  }

  // MARK: Adopting

  private func adopt(_ info: RuntimeReply.Info) async throws(PortError) {
    guard var record = try ProcessRecord.read(files.record) else {
      throw stranger(info.processID)
    }
    if record.process?.pid != info.processID {
      // A controller may have died between starting it and recording it.
      let answer = try await runtime.ask(.environment(HAProxyConfiguration.runVariable))
      guard record.process == nil,
        RuntimeReply.variable(HAProxyConfiguration.runVariable, answer) == record.run,
        let process = Processes.identity(of: info.processID)
      else { throw stranger(info.processID) }
      record.process = process
      try record.write(files.record)
    }
    guard record.configuration == (try HAProxyConfiguration.digest(of: fleet)) else {
      throw PortError(
        .refused,
        "the HAProxy that runs, process \(info.processID), was started with another "
          + "configuration than sluice.yaml asks for now",
        remedy: "It serves on as it was. To change over, which ends its open connections: "
          + "kill \(info.processID), then start Sluice again.")
    }
  }

  private func running(wasAdopted: Bool) async throws(PortError) -> Running {
    let info = try await runtime.read(.info, RuntimeReply.info)
    guard let process = try ProcessRecord.read(files.record)?.process else {
      throw stranger(info.processID)
    }
    return Running(process: process, version: info.version, wasAdopted: wasAdopted)
  }

  // MARK: Starting

  /// Starts HAProxy with what is on disk; the caller holds the lock.
  func start() async throws(PortError) {
    try refuseSecond()
    let program = try await HAProxyProgram.find(fleet.balancer.program)
    try await refuseTakenPort()
    let holds = try holdsOnDisk()
    let takenOut = Set(holds.filter { $0.value != .inService }.keys)
    try writeFiles(holds, takenOut)
    try await program.check(files.configuration)
    try await spawn(program)
    // They were started in maintenance, so that they had no session from the first moment on.
    for host in fleet.gateways where holds[host.name] == .waiting {
      try await runtime.order(.setServer(HAProxyConfiguration.serverName(host), state: .drain))
    }
  }

  /// Its socket does not answer, but the process may still be there.
  private func refuseSecond() throws(PortError) {
    guard let process = try ProcessRecord.read(files.record)?.process,
      Processes.isRunning(process)
    else { return }
    throw PortError(
      .failed,
      "HAProxy, process \(process.pid), runs but does not answer at "
        + files.administration,
      remedy: "A second one would share its port. End it (kill \(process.pid)), then try again.")
  }

  /// HAProxy shares a port with others of the same user without a word.
  private func refuseTakenPort() async throws(PortError) {
    guard case .tcp(let host, let port)? = SocketAddress(fleet.balancer.bind) else { return }
    let reachable = ["0.0.0.0", "*"].contains(host) ? "127.0.0.1" : host == "::" ? "::1" : host
    let address = SocketAddress.tcp(host: reachable, port: port)
    guard
      let connection = try? await StreamConnection.connect(address, deadline: .seconds(1))
    else { return }
    connection.close()
    throw PortError(
      .refused, "something else listens at \(fleet.balancer.bind) already",
      remedy: "End it, or choose another balancer.bind in sluice.yaml. Who it is:  "
        + "lsof -nP -iTCP:\(port) -sTCP:LISTEN")
  }

  private func writeFiles(
    _ holds: [HostName: HoldMap.Value], _ takenOut: Set<HostName>
  ) throws(PortError) {
    if try weightsOnDisk() == nil {
      let weights = Weights(share: .zero, pinEpoch: 1, generation: 0)
      try write(files.stateMap, try StateMap.file(weights))
    }
    try write(files.holdMap, HoldMap.file(holds))
    try write(files.serverMap, HAProxyConfiguration.serverMap(fleet))
    try write(files.cohortMap, HAProxyConfiguration.cohortMap(fleet))
    try write(
      files.configuration, try HAProxyConfiguration.text(fleet: fleet, takenOut: takenOut))
  }

  private func spawn(_ program: HAProxyProgram) async throws(PortError) {
    var record = ProcessRecord(
      run: Randomness.hexadecimal(bytes: 6), process: nil,
      configuration: try HAProxyConfiguration.digest(of: fleet))
    try record.write(files.record)
    let process: ProcessIdentity
    do throws(SystemError) {
      if try Files.status(of: files.log) != nil {
        try Files.rename(files.log, to: files.log + ".old")
      }
      process = try Processes.spawnDetached(
        ProcessCommand(
          program.path, ["-db", "-f", files.configuration],
          environment: [HAProxyConfiguration.runVariable: record.run],
          directory: files.directory),
        outputPath: files.log)
    } catch { throw PortError(.failed, "HAProxy cannot be started: \(error)") }
    record.process = process
    try record.write(files.record)
    try await awaitReady(process)
  }

  /// Ready is when its own socket says its own number: a port accepts before that.
  private func awaitReady(_ process: ProcessIdentity) async throws(PortError) {
    let began = time.now()
    while true {
      if let info = try? await runtime.read(.info, RuntimeReply.info),
        info.processID == process.pid
      {
        return
      }
      guard Processes.isRunning(process), elapsed(since: began) < Self.startDeadline else {
        let said = (try? readIfThere(files.log)).flatMap { $0 }.flatMap(HAProxyProgram.alert)
        throw PortError(
          .failed, "HAProxy did not start: \(said ?? "it does not answer")",
          remedy: "It wrote the rest to \(files.log).")
      }
      try await pause()
    }
  }
}
