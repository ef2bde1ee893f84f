import SluiceCore
import SluiceHTTP
import SluiceAgentClient
import SluicePorts
import SluiceSystem

/// The agent of one gateway host: its probe over HTTP, its operations over a private socket.
public struct Agent: Sendable {
  let host: HostSpec
  let policy: ProbePolicy
  let audience: ProbeAudience
  let services: AgentServices
  let version: String

  /// - Parameters:
  ///   - fleet: for the probe's policy, and the addresses that may read its details.
  ///   - version: this program's version of Sluice, reported to writers.
  public init(host: HostSpec, fleet: Fleet, services: AgentServices, version: String) {
    self.host = host
    policy = fleet.probe
    audience = fleet.probeAudience
    self.services = services
    self.version = version
  }

  /// Serves until the task is cancelled.
  ///
  /// - Parameter whenReady: called once the agent listens at both addresses.
  /// - Throws: `.refused` if another agent serves this host, `.failed` if an address is taken or
  ///   the state cannot be read.
  public func run(whenReady: @Sendable () -> Void = {}) async throws(PortError) {
    if let refusal = LeastPower.refusal(host) { throw refusal }
    let lock = try takeLock()
    defer { lock.release() }
    let state = try OperationState(directory: host.paths.state, time: services.time)
    let counters = AgentCounters()
    let refresher = ProbeRefresher(
      host: host, policy: policy, services: services, state: state, counters: counters)
    counters.show(epoch: await state.epoch)
    let node = AgentService(
      spec: host, services: services, state: state, refresher: refresher, counters: counters,
      version: version)
    let listener = try listen()
    defer { listener.close() }
    let server = try ProbeServer.start(
      host, audience: audience, board: refresher.board, counters: counters, time: services.time)
    defer { server.stop() }
    let rpc = AgentServer(node: node, version: version)
    whenReady()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await refresher.run() }
      group.addTask {
        await services.news.attend { news in await refresher.take(news) }
      }
      group.addTask { await node.recover() }
      group.addTask { await node.attendWriter() }
      // Hashing the builds takes seconds the first time; no query should wait for it.
      group.addTask { _ = try? await services.builds?.builds() }
      group.addTask { await rpc.serve(listener.connections) }
    }
  }

  /// Forgets the epochs that the host has seen and its operation records, while no agent runs.
  ///
  /// - Returns: the highest epoch that the host had seen, and the number of its operation records.
  public static func forgetWriters(
    of host: HostSpec, time: any Time
  ) async throws(PortError) -> (epoch: Epoch, operations: Int) {
    let lock = try takeLock(of: host)
    defer { lock.release() }
    return try await OperationState(directory: host.paths.state, time: time).reset()
  }

  private func takeLock() throws(PortError) -> FileLock { try Self.takeLock(of: host) }

  private static func takeLock(of host: HostSpec) throws(PortError) -> FileLock {
    let path = "\(host.paths.state)/agent.lock"
    do throws(SystemError) {
      try Files.makePrivateDirectory(host.paths.state)
      let note = "sluice agent of \(host.name), process \(HostFacts.processIdentifier)"
      if let lock = try FileLock.tryAcquire(path, note: note) { return lock }
    } catch {
      throw PortError(error, remedy: "Make \(host.paths.state), and give it to the agent's user.")
    }
    let holder = (try? FileLock.holderNote(path)) ?? nil
    throw PortError(
      .refused, "another agent serves \(host.name) already (\(holder ?? "it left no note"))",
      remedy: "There is one agent a host: end that one first, or leave it at work.")
  }

  private func listen() throws(PortError) -> SocketListener {
    let path = host.connection.socket
    do throws(SystemError) { return try SocketListener.listen(.unix(path: path)) } catch {
      throw PortError(
        .failed, "the agent of \(host.name) cannot listen at its socket: \(error)",
        remedy: "Is another program there? A socket's path has at most 104 bytes.")
    }
  }
}
