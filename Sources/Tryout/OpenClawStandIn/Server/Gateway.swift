import Dispatch
import SluiceHTTP
import SluiceSystem

/// Why a gateway does not start, and with which exit code.
public struct GatewayStartError: Error, Sendable, CustomStringConvertible {
  public let exitCode: Int32
  public let description: String
}

/// A gateway that serves: one event loop, like the real one, and timers instead of threads.
///
/// `@unchecked Sendable`: everything that changes is touched on `loop` only. HTTP requests, WebSocket
/// messages and timers all come in through it.
public final class Gateway: @unchecked Sendable {
  enum Phase {
    /// The process runs, and does not listen yet.
    case loading
    /// HTTP answers, the gateway is not ready.
    case starting
    case running
    /// In place: connections are being closed, then `loading` again.
    case restarting
    /// SIGTERM: what runs ends, nothing new begins.
    case stopping
    case ended
  }

  let configuration: Configuration
  let processInstanceID = Identifier.random()
  let processStartedAt = SystemClock.monotonicMilliseconds()
  let loop = DispatchQueue(label: "openclaw-standin.loop")
  let loader: SkillLoader
  let starts: StartLog
  private let log: @Sendable (String) -> Void
  private let lock: FileLock

  var phase = Phase.loading
  var bootID = ""
  var bootedAt: Int64 = 0
  private var bootNumber = 0
  private var server: HTTPServer?
  private var digestServer: HTTPServer?

  var pack = LoadedPack()
  var packCheckedAt: Int64 = 0
  var sessions: SessionStore
  var audit: AuditLog
  var generator = SplitMix64(seed: 0)

  var lane = Lane()
  var isFirstSession = true
  var suspension = Suspension()
  var restart = RestartSchedule()
  var writeBudget = WriteBudget()
  var connections: [String: ProtocolConnection] = [:]
  var eventSequence: Int64 = 0

  private var exitCode: Int32?
  private var waiters: [CheckedContinuation<Int32, Never>] = []

  /// Takes the state directory and begins to start; `log` gets whole lines.
  public init(
    _ configuration: Configuration, log: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(GatewayStartError) {
    self.configuration = configuration
    self.log = log
    loader = SkillLoader(directories: configuration.extraDirectories)
    starts = StartLog(stateDirectory: configuration.stateDirectory)
    do {
      let state = configuration.stateDirectory
      try Files.makeDirectory("\(state)/cron", mode: 0o700)
      let note = "pid \(OwnProcess.identifier)"
      guard let lock = try FileLock.tryAcquire("\(state)/gateway.lock", note: note) else {
        throw GatewayStartError(exitCode: 78, description: Self.stateIsOwned)
      }
      self.lock = lock
      if let build = configuration.build,
        let refusal = try StateSchema(stateDirectory: state).open(as: build)
      {
        throw GatewayStartError(exitCode: 78, description: refusal)
      }
      sessions = try SessionStore(stateDirectory: state)
      audit = try AuditLog(stateDirectory: state)
      // Doctor expects this: a gateway that ran once has its heartbeat in cron.
      try Files.replace("\(state)/cron/jobs.json", with: Array("{}\n".utf8), durable: false)
      digestServer = try Self.startDigest(configuration)
    } catch let error as GatewayStartError {
      throw error
    } catch {
      throw GatewayStartError(exitCode: 1, description: "Gateway failed to start: \(error)")
    }
    loop.async { [self] in boot(reason: "process start", after: configuration.standIn.startMs) }
  }

  /// The exit code of a real one.
  public func waitUntilEnded() async -> Int32 {
    await withCheckedContinuation { continuation in
      loop.async { [self] in
        if let exitCode {
          continuation.resume(returning: exitCode)
        } else {
          waiters.append(continuation)
        }
      }
    }
  }

  /// Like SIGTERM: running work ends, then the gateway exits.
  public func stop() {
    loop.async { [self] in
      guard phase != .stopping, phase != .ended else { return }
      say("[gateway] signal SIGTERM received")
      phase = .stopping
      endWhenIdle()
    }
  }

  private static let stateIsOwned = """
    Gateway failed to start: Doctor could not enter maintenance. \
    StateDatabaseCoordinatorContentionError: another OpenClaw process owns gateway-lifecycle \
    Stop the Gateway service and other OpenClaw processes using this state, then run openclaw \
    doctor --fix from an independent shell. | gateway.maintenance_required.
    """
}

// MARK: Start and end

extension Gateway {
  /// A start of the process, or a restart in place. The gateway does not listen for the first three
  /// fifths of the time.
  func boot(reason: String, after milliseconds: Int) {
    bootNumber += 1
    let boot = bootNumber
    phase = .loading
    bootID = Identifier.random()
    bootedAt = now
    isFirstSession = true
    suspension = Suspension()
    let starts = starts.count()
    let seed = configuration.standIn.seed ?? UInt64(configuration.port)
    generator = SplitMix64(seed: seed &+ UInt64(starts) &* 0x9E37_79B9)
    do {
      try self.starts.append(bootID: bootID, reason: reason)
    } catch {
      return end(1, "Gateway failed to start: \(error)")
    }
    say("[gateway] starting...")
    after(milliseconds * 3 / 5) { gateway in
      if gateway.bootNumber == boot, gateway.phase == .loading { gateway.listen() }
    }
    after(milliseconds) { gateway in
      if gateway.bootNumber == boot, gateway.phase == .starting { gateway.becomeReady() }
    }
  }

  func becomeReady() {
    phase = .running
    say("[gateway] ready")
    tick(bootNumber)
  }

  func listen() {
    loadPack()
    let address = SocketAddress.tcp(host: configuration.listenHost, port: configuration.port)
    let options = HTTPServer.Options(
      maximumBodyBytes: 20 << 20, connectionLimit: 2048, idleTimeoutSeconds: 60)
    do {
      server = try HTTPServer.start(address, options: options) { [loop] request, responder in
        loop.async { self.answer(request, responder) }
      }
    } catch {
      return end(
        1, "Gateway failed to start: cannot listen on ws://\(address): \(error.message)")
    }
    phase = .starting
    say("[gateway] http server listening (ws://\(address), release \(pack.release))")
  }

  /// Kept connections hear every 30 s that the gateway lives.
  private func tick(_ boot: Int) {
    after(30_000) { gateway in
      guard gateway.bootNumber == boot, gateway.phase == .running else { return }
      gateway.broadcast("tick", ["ts": .integer(gateway.wall)])
      gateway.tick(boot)
    }
  }

  /// Closes every connection with 1012, then the port, then goes on.
  func closeDown(_ notice: JSON, then next: @escaping @Sendable (Gateway) -> Void) {
    broadcast("shutdown", notice)
    for connection in connections.values {
      connection.peer.close(code: 1012, reason: "service restart")
    }
    connections = [:]
    // The frames leave on the sockets' own queues: they get a moment.
    after(50) { gateway in
      gateway.server?.stop()
      gateway.server = nil
      next(gateway)
    }
  }

  func endWhenIdle() {
    guard phase == .stopping, lane.isIdle else { return }
    phase = .ended
    closeDown(["reason": "gateway stopping"]) { $0.end(0, "[gateway] stopped") }
  }

  private func end(_ code: Int32, _ message: String) {
    say(message)
    phase = .ended
    server?.stop()
    server = nil
    digestServer?.stop()
    digestServer = nil
    lock.release()
    exitCode = code
    for waiter in waiters { waiter.resume(returning: code) }
    waiters = []
  }
}

// MARK: The loop

extension Gateway {
  /// Milliseconds of a clock that never jumps.
  var now: Int64 { SystemClock.monotonicMilliseconds() }
  /// Milliseconds since 1970.
  var wall: Int64 { SystemClock.wallMilliseconds() }

  /// Of this boot, as the HTTP probes tell it.
  var uptime: Int64 { now - bootedAt }
  /// The age of the process, as the protocol reports it: a restart in place does not reset it.
  var processUptime: Int64 { now - processStartedAt }

  var buildID: String {
    configuration.build?.buildID
      ?? "\(configuration.standIn.version)-release-eb377ac59e6c-2026-09-23T16-33-12.144Z"
  }

  /// Runs on the loop, so much later.
  func after(_ milliseconds: Int, _ body: @escaping @Sendable (Gateway) -> Void) {
    loop.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { body(self) }
  }

  func say(_ line: String) {
    log("\(Timestamp.text(milliseconds: wall)) \(line)\n")
  }
}

// MARK: Skills

extension Gateway {
  /// Hot links: how old an answer about the link may be.
  private static let linkCheckMs: Int64 = 200

  func loadPack() {
    pack = loader.load()
    packCheckedAt = now
    for rejection in pack.rejections { say("[skills] \(rejection)") }
  }

  /// Before skills or a release are used: with cold links nothing changes until the next start.
  func followLinks() {
    guard configuration.standIn.links == .hot, now - packCheckedAt >= Self.linkCheckMs else {
      return
    }
    packCheckedAt = now
    if loader.roots() != pack.roots { loadPack() }
  }
}
