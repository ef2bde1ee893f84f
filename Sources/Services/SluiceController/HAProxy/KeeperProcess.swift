import SluiceCore
import SluiceHAProxy
import SluiceHTTP
import SluiceInstall
import SluicePorts
import SluiceSystem
import Synchronization

/// The keeper as a process. The process that starts HAProxy also starts the keeper, or launchd or
/// systemd does, which restarts it after a reboot.
public struct KeeperProcess: Sendable {
  private let fleetPath: String
  private let files: HAProxyFiles
  private let openFiles: Int
  private let time = SystemTime()

  private static let startDeadline: Duration = .seconds(10)
  private static let pause: Duration = .milliseconds(50)

  /// - Parameters:
  ///   - fleetPath: absolute, because the process has its own working directory.
  ///   - openFiles: the number of open files that HAProxy needs.
  init(fleetPath: String, files: HAProxyFiles, openFiles: Int = 0) {
    self.fleetPath = fleetPath
    self.files = files
    self.openFiles = openFiles
  }

  public func sight() -> KeeperSight {
    KeeperSight.take(files, now: SystemClock.wallMilliseconds())
  }

  /// The keeper's service definition for this machine.
  public func serviceText(user: String) -> String {
    ServiceDefinition.keeper(
      program: HostFacts.executablePath(), fleetPath: fleetPath, user: user, log: files.keeperLog,
      openFiles: openFiles
    ).text
  }

  /// Starts a keeper if none is running; returns whether it did.
  @discardableResult
  public func ensure() async throws(PortError) -> Bool {
    guard sight() == .none else { return false }
    let identity: ProcessIdentity
    do throws(SystemError) {
      try Files.makePrivateDirectory(files.directory)
      identity = try Processes.spawnDetached(
        ProcessCommand(
          HostFacts.executablePath(),
          ["balancer", "keep", "--until-stopped", "--fleet", fleetPath],
          environment: HostFacts.environment(["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "USER"]),
          directory: "/"), outputPath: files.keeperLog)
    } catch {
      throw PortError(
        .failed, "the balancer's keeper cannot be started: \(error)",
        remedy: (error.ownRemedy.map { "\($0)  " } ?? "")
          + "HAProxy serves without one, and stays dead should it die. Try again:  "
          + "sluice balancer start")
    }
    let wait = StartWait(time: time, deadline: Self.startDeadline, pause: Self.pause)
    switch await wait.outcome(
      isRunning: { Processes.isRunning(identity) }, isAtWork: { sight() != .none })
    {
    case .atWork: break
    case .ended, .late:
      throw PortError(
        .failed, "the balancer's keeper did not begin",
        remedy: "It wrote why to \(files.keeperLog).")
    case .interrupted:
      throw PortError(.unknown, "interrupted before the balancer's keeper began")
    }
    return true
  }

  /// Keeps HAProxy until SIGTERM or, with `untilStopped`, until an operator stops HAProxy or
  /// removes the fleet: sluice.yaml and the balancer's directory. Reads sluice.yaml again after
  /// each change, as long as it names the same directory.
  ///
  /// - Throws: `.refused` if another keeper is running.
  public func run(
    untilStopped: Bool, log: @escaping @Sendable (String) -> Void
  ) async throws(PortError) {
    let lock = try take()
    defer { lock.release() }
    let client = HTTPClient()
    defer { client.shutdown() }
    let board = KeeperBoard(path: files.keeper)
    let page = try MetricsServer(try FleetLoader.load(fleetPath), board)
    defer { page.stop() }
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await self.keep(untilStopped: untilStopped, client, board, log)
      }
      group.addTask { await LogKeeping(paths: [files.keeperLog, files.log], time: time).run() }
      group.addTask {
        for await _ in SignalStream.signals([2, 15]) { break }
      }
      _ = await group.next()
      group.cancelAll()
    }
  }

  private func take() throws(PortError) -> FileLock {
    do throws(SystemError) {
      try Files.makePrivateDirectory(files.directory)
      let note = "process \(HostFacts.processIdentifier) on \(HostFacts.hostName)"
      if let lock = try FileLock.tryAcquire(files.keeperLock, note: note) { return lock }
    } catch {
      throw PortError(
        .failed, "the keeper's lock cannot be taken: \(error)", remedy: error.ownRemedy)
    }
    let holder = (try? FileLock.holderNote(files.keeperLock)) ?? nil
    throw PortError(
      .refused, "another keeper is at work: \(holder ?? "it does not say which")",
      remedy: "There is no need for a second one. As a service it takes over once that one has "
        + "ended:  sluice balancer stop")
  }

  /// `run`, without the signals that end it.
  func keep(
    untilStopped: Bool, _ client: HTTPClient, _ board: KeeperBoard,
    _ log: @escaping @Sendable (String) -> Void
  ) async {
    var complaint = ""
    var last: Fleet?
    while !Task.isCancelled {
      if isRemoved {
        log("sluice.yaml and \(files.directory) are gone: the fleet was removed")
        if untilStopped { return }
        while isRemoved, (try? await time.sleep(for: .seconds(1))) != nil {}
        continue
      }
      let read = (try? Files.status(of: fleetPath)) ?? nil
      do throws(PortError) {
        let fleet: Fleet
        do throws(PortError) { fleet = try FleetLoader.load(fleetPath) } catch {
          // The file is incomplete, as editors leave it, or missing: keep HAProxy by the fleet read
          // last.
          guard let known = last else { throw error }
          log("sluice.yaml: \(error.message). HAProxy is kept by what was read before.")
          fleet = known
        }
        guard let spec = fleet.balancer.managed,
          try HAProxyFiles(directory: spec.directory) == files
        else {
          throw PortError(
            .refused, "sluice.yaml names another balancer.directory now",
            remedy: "End this keeper, and start one for that:  sluice balancer start")
        }
        let balancer = try ManagedHAProxy(spec, fleet: fleet, time: time)
        last = fleet
        let untold = UntoldHosts()
        let keeper = BalancerKeeper(
          fleet: fleet, balancer: balancer, time: time, isService: !untilStopped,
          record: board.record,
          probe: { await Self.probe($0, client, untold) }, isUntold: untold.contains,
          publish: board.publish, log: log)
        await keeper.run {
          if isRemoved || untilStopped && balancer.isStoppedByOperator() { return true }
          return ((try? Files.status(of: fleetPath)) ?? nil) != read
        }
        if untilStopped, balancer.isStoppedByOperator() { return }
        complaint = ""
      } catch {
        if complaint != error.message { log("sluice.yaml: \(error.message)") }
        complaint = error.message
        _ = try? await time.sleep(for: .seconds(1))
      }
    }
  }

  /// If only one of directory and sluice.yaml is missing, a person may be mending it.
  private var isRemoved: Bool {
    do throws(SystemError) {
      guard try Files.status(of: fleetPath) == nil else { return false }
      return try Files.status(of: files.directory) == nil
    } catch { return false }
  }

  private static func probe(
    _ host: HostSpec, _ client: HTTPClient, _ untold: UntoldHosts
  ) async -> MergedProbe? {
    let answer = await AgentProbe.ask(host, client)
    untold.note(host.name, answer)
    return if case .probe(let probe) = answer { probe } else { nil }
  }
}

/// The keeper's last record, for its file and its metrics.
final class KeeperBoard: Sendable {
  private let path: String
  private let last: Mutex<KeeperRecord>

  init(path: String) {
    self.path = path
    last = Mutex(KeeperRecord())
  }

  var record: KeeperRecord { last.withLock { $0 } }

  /// A full disk must not stop the keeper; the record is soon written again.
  @Sendable func publish(_ record: KeeperRecord) {
    last.withLock { $0 = record }
    try? record.write(path)
  }
}
