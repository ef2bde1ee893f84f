import SluiceCore
import SluicePorts

/// Replaces the gateway's process, or has it restart in place, and waits until another boot of it is
/// ready. "Restarted" is what the new boot says, never what the command returned.
struct RestartWatch: Sendable {
  let services: AgentServices
  private(set) var mark: OperationFile.Restart
  let milliseconds: Int64
  /// Components that failed before: a gateway is ready again when no other one does.
  let baseline: Set<String>
  private let began: Moment

  private static let pollMilliseconds: Int64 = 100
  /// How long the service may have no process: a manager that starts it again does so sooner, and
  /// one that does not never will.
  private static let absenceMilliseconds: Int64 = 12_000
  /// How long a gateway that restarts in place may have no process before it is started: its manager
  /// may be about to do so.
  private static let graceMilliseconds: Int64 = 2_000
  /// A wall clock's and an operating system's rounding.
  private static let toleranceMilliseconds: Int64 = 1_000
  private static let stopDeadline = Duration.seconds(20)

  init(
    services: AgentServices, mark: OperationFile.Restart, milliseconds: Int64,
    baseline: Set<String> = []
  ) {
    self.baseline = baseline
    self.services = services
    self.mark = mark
    self.milliseconds = milliseconds
    began = services.time.now()
  }

  var elapsed: Int64 { services.time.milliseconds(since: began) }

  /// - Returns: who is ready, and whether the service had to start it: a restart in place may end
  ///   dead.
  func restart(
    reason: String
  ) async throws(PortError) -> (identity: GatewayIdentity, wasStarted: Bool) {
    switch mark.by {
    case .gateway:
      do throws(PortError) { try await services.gatewayMoves.requestRestart(reason: reason) } catch
      {
        // An earlier try may have ended it.
        guard error.kind == .unreachable, await end() != nil else { throw error }
      }
      return try await awaitReadyOrStart()
    case .service:
      let before = try? await services.service.status().pid
      let status = try await services.service.restart(deadline: Self.stopDeadline)
      if let pid = status.pid, pid == before {
        throw PortError(
          .failed, "after the restart the service still runs as process \(pid)",
          remedy: "Restart it by hand and look at its log.")
      }
      return (try await awaitReady(pid: status.pid), false)
    }
  }

  /// A gateway that restarts in place keeps its process. One without a process has ended, and its
  /// manager is asked to start it, unless it is about to do so anyway.
  private func awaitReadyOrStart() async throws(PortError) -> (GatewayIdentity, Bool) {
    var gone: Moment?
    while true {
      let last: String
      switch await look(nil) {
      case .ready(let identity): return (identity, false)
      case .notYet(let why): last = why
      }
      let end = await self.end()
      gone = end == nil ? nil : gone ?? services.time.now()
      if let end, let refusal = StartRefusal(end).refusal { throw refusal }
      if let gone, end?.pending == nil,
        services.time.milliseconds(since: gone) >= Self.graceMilliseconds
      {
        return (try await start(after: last), true)
      }
      try await pauseOrGiveUp(last)
    }
  }

  private func start(after last: String) async throws(PortError) -> GatewayIdentity {
    let status: ServiceStatus
    do throws(PortError) { status = try await services.service.start() } catch {
      throw PortError(
        error.kind,
        "the gateway ended in its restart in place (\(last)), and the service did not start it: "
          + error.message, remedy: error.remedy)
    }
    var watch = self
    watch.mark.by = .service
    return try await watch.awaitReady(pid: status.pid)
  }

  /// - Parameter pid: the new process's, where its manager has told it.
  func awaitReady(pid: Int32?) async throws(PortError) -> GatewayIdentity {
    var last = "it does not answer"
    var gone: Moment?
    while true {
      switch await look(pid) {
      case .ready(let identity): return identity
      case .notYet(let why): last = why
      }
      var pending: String?
      if mark.by == .service {
        let end = await self.end()
        pending = end?.pending.map { word in
          "its service manager says \(word)"
            + (end?.lastExitCode.map { ", its last exit code was \($0)" } ?? "")
        }
        gone = end == nil ? nil : gone ?? services.time.now()
        if let end, let refusal = StartRefusal(end).refusal { throw refusal }
        if let gone, end?.pending == nil,
          services.time.milliseconds(since: gone) >= Self.absenceMilliseconds
        {
          throw PortError(
            .failed, "the gateway's process ended and was not started again; last: \(last)",
            remedy: "See the gateway's log.")
        }
      }
      if let pending { last += "; \(pending)" }
      try await pauseOrGiveUp(last)
    }
  }

  private func pauseOrGiveUp(_ last: String) async throws(PortError) {
    guard elapsed < milliseconds else {
      throw PortError(
        .failed, "the gateway was not ready \(milliseconds) ms after its restart: \(last)",
        remedy: "See its log, and whether swing.start allows for its slowest start.")
    }
    try await services.time.pause(Self.pollMilliseconds)
  }

  private enum Look: Sendable {
    case ready(GatewayIdentity)
    case notYet(String)
  }

  private func look(_ pid: Int32?) async -> Look {
    switch await services.gateway.readiness() {
    case .started(let failing) where baseline.isSuperset(of: failing): break
    case .started(let failing): return .notYet("not ready: \(failing.joined(separator: ", "))")
    case .down(let why), .starting(let why), .unintelligible(let why): return .notYet(why)
    case .draining: return .notYet("it is still draining")
    }
    let identity: GatewayIdentity
    do throws(PortError) { identity = try await services.gateway.identity() } catch {
      return .notYet(error.message)
    }
    guard identity.bootID != mark.bootID else { return .notYet("the old boot still answers") }
    guard identity.startedAtMilliseconds >= mark.movedAtMilliseconds - Self.toleranceMilliseconds
    else { return .notYet("what answers was started before the links moved") }
    if let pid, let own = identity.pid, own != pid {
      return .notYet("process \(own) answers, the service's is \(pid): two gateways?")
    }
    return .ready(identity)
  }

  /// The service's status when it has no process.
  private func end() async -> ServiceStatus? {
    guard let status = try? await services.service.status() else { return nil }
    return status.pid == nil ? status : nil
  }
}
