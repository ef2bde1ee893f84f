import SluiceCore
import SluicePorts
import SluiceSystem

/// The keeper's view of HAProxy: whether it runs, and which servers it refuses.
extension ManagedHAProxy {
  /// How HAProxy was found, and the keeper's reaction.
  public enum Upkeep: Sendable, Hashable {
    case runs
    /// An operator stopped it, and wants it so.
    case stopped
    /// HAProxy did not run, and was started with the configuration on disk.
    case started(ProcessIdentity)
    /// This HAProxy ran without its socket, so another one took its port; it ends with its last
    /// session.
    case replaced(ProcessIdentity)
  }

  /// One gateway as HAProxy has it.
  public struct Seat: Sendable, Hashable {
    public var host: HostName
    public var arm: Arm
    /// By HAProxy's check of the gateway, and not refused.
    public var isUp: Bool
    /// The server would get a session.
    public var isInService: Bool
    public var isTakenOut: Bool
    public var isRefused: Bool
    /// HAProxy asks the gateway itself.
    public var isChecked: Bool
  }

  /// Why HAProxy keeps all rights of the account that starts it, this one; nil where it gives them
  /// up.
  public nonisolated func unconfined() -> String? {
    do throws(PortError) {
      guard try HAProxyAccount.choose(spec.user) == nil else { return nil }
    } catch { return error.message }
    let own = HostFacts.userName
    guard HostFacts.userIdentifier == 0 else {
      return
        "HAProxy runs as \(own), who starts it: a fault in it has that account's rights, the ledger's "
        + "and the writer's key among them. Started by root, it goes on as nobody, in an empty directory"
    }
    return "HAProxy runs as root: name an account of its own as balancer.user in sluice.yaml"
  }

  /// Whether the process of the record is there: no more than a look at the process table.
  public nonisolated func hasProcess() -> Bool {
    guard let process = (try? ProcessRecord.read(files.record))?.process else { return false }
    return Processes.isRunning(process)
  }

  /// Whether an operator stopped it.
  public nonisolated func isStoppedByOperator() -> Bool {
    ((try? Files.status(of: files.stopped)) ?? nil) != nil
  }

  /// Whether a HAProxy was ever started here.
  public nonisolated func wasEverStarted() -> Bool {
    ((try? Files.status(of: files.record)) ?? nil) != nil
  }

  /// Starts HAProxy when it has died. Throws when it runs and cannot be asked.
  public func keepUp() async throws(PortError) -> Upkeep {
    if isStoppedByOperator() { return .stopped }
    if hasProcess() {
      _ = try await exchange()
      return .runs
    }
    let running = try await ensureRunning()
    return running.wasAdopted ? .runs : .started(running.process)
  }

  /// Replaces an HAProxy that lost its socket. The successor shares its port until the old one has
  /// closed it. Throws the fault where a successor would not help: HAProxy is stopped, or answers
  /// too slowly.
  public func replaceDeaf() async throws(PortError) -> Upkeep {
    let lock = try await acquireLock()
    defer { lock.release() }
    do throws(PortError) {
      _ = try await exchange()
      return .runs
    } catch {
      guard error.kind == .unreachable else { throw error }
      guard let record = try ProcessRecord.read(files.record), let old = record.process,
        Processes.isRunning(old)
      else {
        try await start()
        return .started(try await running(wasAdopted: false).process)
      }
      if Processes.isStopped(old) == true { throw stoppedProcess(old) }
      try await succeed(record, takingSockets: false)
      return .replaced(try await running(wasAdopted: false).process)
    }
  }

  /// Starts another HAProxy with the configuration on disk, whatever the recorded HAProxy does. The
  /// new one takes the sockets of one that answers, shares the port of one that lost its socket,
  /// and replaces one that hangs.
  public func restart() async throws(PortError) -> Running {
    let lock = try await acquireLock()
    defer { lock.release() }
    let record = try ProcessRecord.read(files.record)
    guard let record, let old = record.process, Processes.isRunning(old) else {
      try await start()
      return try await running(wasAdopted: false)
    }
    do throws(PortError) {
      _ = try await exchange()
      try await succeed(record, takingSockets: true)
    } catch {
      switch error.kind {
      case .unreachable where Processes.isStopped(old) != true:
        try await succeed(record, takingSockets: false)
      case .unreachable, .unknown:
        // This HAProxy takes connections and answers none: its sessions are lost already.
        try? Processes.signal(old, 9)
        _ = await Processes.waitForExit(old, deadline: .seconds(5))
        try await start()
      default: throw error
      }
    }
    return try await running(wasAdopted: false)
  }

  // MARK: Floods

  /// The connections and requests of excessive sources that HAProxy refused, and their sessions
  /// that it kept out of the log, since its process was started.
  public struct KeptBack: Sendable, Hashable {
    public var processID: Int32
    /// Connections and, behind a front, requests that were refused.
    public var refused: Int64
    /// Sessions that were served and stand in no log.
    public var untold: Int64

    public init(processID: Int32, refused: Int64, untold: Int64) {
      (self.processID, self.refused, self.untold) = (processID, refused, untold)
    }
  }

  public func keptBack() async throws(PortError) -> KeptBack {
    let replies = try await runtime.ask([
      .info, .frontends, .table(HAProxyConfiguration.sequenceTable),
    ])
    let refused = try runtime.understood(replies[1]) { (text) throws(RuntimeReply.Fault) in
      try RuntimeReply.refusals(of: HAProxyConfiguration.frontend, text)
    }
    return KeptBack(
      processID: try runtime.understood(replies[0], RuntimeReply.info).processID,
      refused: refused, untold: RuntimeReply.untold(replies[2]))
  }

  // MARK: Refusing

  public func seats() async throws(PortError) -> [Seat] {
    let observed = try await exchange()
    return observed.state.servers.map { server in
      let name = observed.names[server.host] ?? ""
      return Seat(
        host: server.host, arm: server.arm, isUp: server.isUp, isInService: server.isInService,
        isTakenOut: server.isTakenOut, isRefused: observed.refused.contains(name),
        isChecked: observed.servers[name]?.isChecked ?? true)
    }
  }

  /// Refuses a gateway, whatever its own check says, or returns it to its check, which the gateway
  /// must pass anew.
  public func refuse(_ host: HostName, _ flag: Bool) async throws(PortError) {
    let server = try serverName(host)
    if flag { return try await runtime.order(.setAgent(server, isDown: true)) }
    let orders: [RuntimeCommand] = [
      .setHealthCheck(server, isOn: true), .setAgent(server, isDown: false), .markDown(server),
    ]
    for (order, reply) in zip(orders, try await runtime.ask(orders)) {
      try runtime.confirmed(order, reply)
    }
  }

  /// Takes the agent's word that a gateway serves, though its own readiness says no for a component
  /// that is known to fail; or asks the gateway again.
  public func trust(_ host: HostName, _ flag: Bool) async throws(PortError) {
    let server = try serverName(host)
    let orders: [RuntimeCommand] =
      flag
      ? [.setHealthCheck(server, isOn: false), .setAgent(server, isDown: false)]
      : [.setHealthCheck(server, isOn: true), .markDown(server)]
    for (order, reply) in zip(orders, try await runtime.ask(orders)) {
      try runtime.confirmed(order, reply)
    }
  }

  func stoppedProcess(_ process: ProcessIdentity) -> PortError {
    PortError(
      .unknown,
      "HAProxy, process \(process.pid), is stopped: it takes connections and answers none",
      remedy: "Wake it:  kill -CONT \(process.pid)   or have another take its place:  "
        + "sluice balancer restart")
  }
}
