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
  /// The ring holds 16 MiB.
  private static let ringLimit = 64 << 20
  private static let terminate: Int32 = 15
  private static let kill: Int32 = 9

  /// Adopts the HAProxy that an earlier controller left, or starts one with the configuration on
  /// disk. Never starts a second one, which would silently take half of the traffic.
  ///
  /// Replaces an HAProxy whose configuration differs from the present sluice.yaml: the new process
  /// takes over the sockets, and open sessions end in the old process, at most 15 minutes later. Do
  /// not change a fleet during a promotion, because Sluice does not read the log lines of those
  /// last sessions.
  @discardableResult
  public func ensureRunning() async throws(PortError) -> Running {
    let lock = try await acquireLock()
    defer { lock.release() }
    let info: RuntimeReply.Info
    do throws(PortError) { info = try await runtime.read(.info, RuntimeReply.info) } catch {
      // A socket may outlive its process for a moment, and loses what it is asked.
      guard error.kind == .unreachable || !hasProcess() else { throw error }
      try await start()
      return try await running(wasAdopted: false)
    }
    let record = try await adopt(info)
    guard record.configuration != (try digest()) else {
      return try await running(wasAdopted: true)
    }
    try await succeed(record, takingSockets: true)
    return try await running(wasAdopted: false)
  }

  /// Ends HAProxy without losing a line of the log. HAProxy takes no new connections, and the open
  /// sessions end; sessions that are open at the deadline are ended. Then the content of the log's
  /// ring is kept, and SIGTERM follows.
  public func stop(deadline: Duration = .seconds(10)) async throws(PortError) {
    let lock = try await acquireLock()
    defer { lock.release() }
    let isServing = try await isServing()
    // Before it ends: the keeper must not start what an operator stops.
    try write(files.stopped, "\(Timestamp.text(time.now().wallMilliseconds))\n")
    guard let process = try ProcessRecord.read(files.record)?.process,
      Processes.isRunning(process)
    else { return }
    if isServing { try await emptyItself(deadline) }
    try await end(process)
  }

  /// No new connections, and the log's lines kept.
  private func emptyItself(_ deadline: Duration) async throws(PortError) {
    // Already disabled is fine.
    _ = try await runtime.ask(.disableFrontend)
    if try await !isIdle(within: deadline) {
      for host in fleet.gateways {
        try await runtime.order(.shutdownSessions(HAProxyConfiguration.serverName(host)))
      }
      _ = try await isIdle(within: .seconds(2))
    }
    try write(files.unread, try await runtime.ask(.events, limit: Self.ringLimit))
  }

  private func end(_ process: ProcessIdentity) async throws(PortError) {
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

  /// The record of the process that answers.
  private func adopt(_ info: RuntimeReply.Info) async throws(PortError) -> ProcessRecord {
    guard var record = try ProcessRecord.read(files.record) else {
      throw stranger(info.processID)
    }
    if record.process?.pid != info.processID {
      // A controller may have died between starting it and recording it.
      let answer = try await runtime.ask(.environment(HAProxyConfiguration.runVariable))
      guard
        RuntimeReply.variable(HAProxyConfiguration.runVariable, answer) == record.run,
        let process = Processes.identity(of: info.processID)
      else { throw stranger(info.processID) }
      record.process = process
      try record.write(files.record)
    }
    return record
  }

  /// Whether the process of the record answers. Throws when something else does.
  private func isServing() async throws(PortError) -> Bool {
    do throws(PortError) {
      _ = try await adopt(try await runtime.read(.info, RuntimeReply.info))
      return true
    } catch {
      if error.kind == .unreachable { return false }
      throw error
    }
  }

  func running(wasAdopted: Bool) async throws(PortError) -> Running {
    let info = try await runtime.read(.info, RuntimeReply.info)
    guard let process = try ProcessRecord.read(files.record)?.process else {
      throw stranger(info.processID)
    }
    return Running(process: process, version: info.version, wasAdopted: wasAdopted)
  }

  // MARK: Starting

  /// Starts HAProxy with the configuration on disk; the caller holds the lock.
  func start() async throws(PortError) {
    try refuseSecond()
    let program = try await HAProxyProgram.find(spec.program)
    try await refuseTakenPort()
    let holds = try await prepare(program)
    try await spawn(program, replacing: nil)
    try await hold(holds)
    do throws(SystemError) {
      if try Files.status(of: files.stopped) != nil { try Files.removeFile(files.stopped) }
    } catch {
      throw PortError(
        .failed, "the mark that HAProxy is stopped cannot be removed: \(error)",
        remedy: "Remove \(files.stopped): until then nobody starts an HAProxy that dies.")
    }
  }

  /// Starts another one with this configuration in the place of the one that runs. It takes over the
  /// sockets of one that answers, or else binds the same port beside it; the old one closes its own and
  /// ends with its last session.
  func succeed(_ record: ProcessRecord, takingSockets: Bool) async throws(PortError) {
    guard let old = record.process else { return }
    let program = try await HAProxyProgram.find(spec.program)
    if record.bind != spec.bind { try await refuseTakenPort() }
    let holds = try await prepare(program)
    if takingSockets {
      try write(files.unread, try await runtime.ask(.events, limit: Self.ringLimit))
    }
    do throws(PortError) {
      try await spawn(program, replacing: old, takingSockets: takingSockets)
    } catch {
      // The old one serves on, unless the new one was ready already.
      if Processes.isRunning(old) { try record.write(files.record) }
      throw error
    }
    try await hold(holds)
  }

  /// Writes the files and has HAProxy check them.
  private func prepare(
    _ program: HAProxyProgram
  ) async throws(PortError) -> [HostName: HoldMap.Value] {
    let holds = try holdsOnDisk()
    try writeFiles(holds, Set(holds.filter { $0.value != .inService }.keys))
    try await program.check(files.configuration)
    return holds
  }

  /// Hosts that are taken out were started in maintenance, so that they had no session from the
  /// first moment on; pinned clients that wait need them in drain.
  private func hold(_ holds: [HostName: HoldMap.Value]) async throws(PortError) {
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
      remedy: "A second one would share its port. Have another take its place:  "
        + "sluice balancer restart")
  }

  /// HAProxy shares a port with others of the same user without a word.
  private func refuseTakenPort() async throws(PortError) {
    guard case .tcp(let host, let port)? = SocketAddress(spec.bind) else { return }
    let reachable = ["0.0.0.0", "*"].contains(host) ? "127.0.0.1" : host == "::" ? "::1" : host
    let address = SocketAddress.tcp(host: reachable, port: port)
    guard
      let connection = try? await StreamConnection.connect(address, deadline: .seconds(1))
    else { return }
    connection.close()
    throw PortError(
      .refused, "something else listens at \(spec.bind) already",
      remedy: "End it, or choose another balancer.bind in sluice.yaml. Who it is:  "
        + "lsof -nP -iTCP:\(port) -sTCP:LISTEN")
  }

  private func writeFiles(
    _ holds: [HostName: HoldMap.Value], _ takenOut: Set<HostName>
  ) throws(PortError) {
    let secret = try secret()
    let weights = try weightsOnDisk() ?? Weights(share: .zero, pinEpoch: 1, generation: 0)
    let state = try StateMap.file(weights, secret)
    let tenants = TenantMap([weights]).file
    if try readIfThere(files.tenantMap) != tenants { try write(files.tenantMap, tenants) }
    if try readIfThere(files.stateMap) != state { try write(files.stateMap, state) }
    try write(files.holdMap, HoldMap.file(holds))
    try write(files.serverMap, HAProxyConfiguration.serverMap(fleet, secret))
    try write(files.cohortMap, HAProxyConfiguration.cohortMap(fleet))
    try write(
      files.configuration,
      try HAProxyConfiguration.text(
        spec, fleet: fleet, secret: secret, takenOut: takenOut,
        descriptors: HostFacts.descriptorLimit, account: try makeAccount(), limits: limits))
    reserve.keep()
  }

  private func digest() throws(PortError) -> String {
    try HAProxyConfiguration.digest(
      of: spec, fleet, try HAProxyAccount.choose(spec.user), limits)
  }

  /// With the directory that it is shut into, which stays root's, and empty.
  private func makeAccount() throws(PortError) -> HAProxyAccount? {
    guard let account = try HAProxyAccount.choose(spec.user) else { return nil }
    do throws(SystemError) { try Files.makePrivateDirectory(files.empty) } catch {
      throw PortError(
        .failed, "the empty directory for HAProxy cannot be made: \(error)",
        remedy: error.remedy ?? "Mend \(files.directory), then try again.")
    }
    return account
  }

  private func spawn(
    _ program: HAProxyProgram, replacing old: ProcessIdentity?, takingSockets: Bool = true
  ) async throws(PortError) {
    var record = ProcessRecord(
      run: Randomness.hexadecimal(bytes: 6), process: nil,
      configuration: try digest(), bind: spec.bind)
    try record.write(files.record)
    let sockets = takingSockets ? ["-x", files.administration] : []
    let takeover = old.map { sockets + ["-sf", "\($0.pid)"] } ?? []
    let process: ProcessIdentity
    do throws(SystemError) {
      try LogRotation(files.log).rotate()
      process = try Processes.spawnDetached(
        ProcessCommand(
          program.path, ["-db", "-f", files.configuration] + takeover,
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
