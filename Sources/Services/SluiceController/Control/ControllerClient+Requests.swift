import SluiceCore
import SluiceLedgerStore
import SluicePorts
import SluiceStatus
import SluiceSystem

// Requests: delivered to the controller at work first, whatever the ledger on disk says.

extension ControllerClient {
  /// What became of a request.
  public struct Taken: Sendable {
    public let begun: Begun
    /// How the promotion stands now.
    public let standing: ControlChannel.Standing
    /// What is wrong with the ledger, if anything; the request was taken all the same.
    public let fault: PortError?
  }

  private static let startMilliseconds: Int64 = 10_000
  private static let pollInterval: Duration = .milliseconds(100)
  private static let endDeadline: Duration = .seconds(10)

  /// Hands a request to the controller of the active promotion; starts one when none is at work.
  public func ask(_ request: Request) async throws(PortError) -> Taken {
    if let taken = try await deliver(request) { return taken }
    let reading = try await LedgerReading.load(fleet.writer)
    let begun = try active(reading)
    try await resume(with: request, after: reading.entries.count)
    let (after, fault) = try await LedgerReading.asFarAsItGoes(fleet.writer)
    guard let promotion = after.replay.promotion, promotion.id == begun.id else {
      throw PortError(
        .unknown, "the controller took the request, and the ledger does not show how it stands",
        remedy: "See:  sluice status")
    }
    return Taken(begun: begun, standing: ControlChannel.Standing(promotion), fault: fault)
  }

  /// Hands a request to the controller at work, and reads the ledger only after that.
  ///
  /// - Returns: nil when no controller is at work.
  /// - Throws: `.unknown` when one is and does not answer: which process it is, and what to do.
  public func deliver(_ request: Request) async throws(PortError) -> Taken? {
    guard let standing = try await send(request) else { return nil }
    var begun = Begun(id: standing.promotion, firstLine: 0)
    do throws(PortError) {
      let (reading, fault) = try await LedgerReading.asFarAsItGoes(fleet.writer)
      let first = reading.entries.firstIndex { $0.promotion == standing.promotion.rawValue }
      begun = Begun(id: standing.promotion, firstLine: first ?? 0)
      return Taken(begun: begun, standing: standing, fault: fault)
    } catch { return Taken(begun: begun, standing: standing, fault: error) }
  }

  /// Goes on with the active promotion where no controller is at work on it.
  public func goOn(actor: String) async throws(PortError) -> Begun {
    if let silent = await ControllerSight.take(fleet.writer).silent {
      throw silent.error(of: "resume")
    }
    let reading = try await LedgerReading.load(fleet.writer)
    let begun = try active(reading)
    guard reading.replay.promotion?.isPaused != true else {
      return try await ask(Request(action: .resume, actor: actor, reason: "")).begun
    }
    if let holder = reading.holder {
      let isBack = reading.replay.promotion?.phase.isRollingBack == true
      throw PortError(
        .refused, "it is going \(isBack ? "back" : "on") already: \(holder)",
        remedy: "See it:  sluice status --watch")
    }
    try await resume(with: nil, after: reading.entries.count)
    return begun
  }

  /// Ends a controller that does not answer, by its identity, and waits until the lock is free. Hosts
  /// and balancer refuse its epoch once its successor has shown a higher one.
  ///
  /// - Returns: who it was; nil when no controller holds the lock.
  public func takeOver() async throws(PortError) -> String? {
    let lock = WriterLock(path: fleet.writer.lockPath)
    switch await ControllerSight.take(fleet.writer) {
    case .none: return nil
    case .atWork(let holder):
      throw PortError(
        .refused, "there is nothing to take over: \(holder) is at work",
        remedy: "Ask it:  sluice rollback   or see it:  sluice status --watch")
    case .silent(let silent):
      // The lock names it anew: what was seen is no identity to send a signal to.
      guard let process = await lock.process(), process.pid == silent.process else {
        throw PortError(
          .refused, "\(silent.sentence), and its lock does not say which process it is",
          remedy: "Find it:  ps ax | grep 'sluice controller'   and end it:  kill -KILL PID")
      }
      do throws(SystemError) { try Processes.signal(process, 9) } catch {
        throw PortError(
          .failed, "process \(process.pid) cannot be ended: \(error)",
          remedy: "End it as its owner or as root:  kill -KILL \(process.pid)")
      }
      _ = await Processes.waitForExit(process, deadline: Self.endDeadline)
      try await untilFree(lock, silent)
      return silent.holder
    }
  }

  /// The kernel frees lock and socket when the last thread of their holder is gone, a little after the
  /// process itself counts as ended.
  private func untilFree(_ lock: WriterLock, _ silent: SilentController) async throws(PortError) {
    let began = time.now()
    while true {
      if await lock.holder() != silent.holder, await !listens() { return }
      let waited = time.now().milliseconds(since: began) ?? Int64.max
      guard waited < Self.startMilliseconds else {
        throw PortError(
          .unknown, "\(silent.holder): it was ended, and still holds the writer's lock",
          remedy: "Try again:  sluice rollback --take-over")
      }
      try await wait()
    }
  }

  private func listens() async -> Bool {
    do throws(PortError) { _ = try await ControlChannel.send(nil, to: fleet.writer) } catch {
      return error.kind != .unreachable
    }
    return true
  }

  /// Nil when no controller is at work. One that has just begun may not listen yet.
  private func send(_ request: Request) async throws(PortError) -> ControlChannel.Standing? {
    let lock = WriterLock(path: fleet.writer.lockPath)
    let began = time.now()
    while true {
      do throws(PortError) { return try await ControlChannel.send(request, to: fleet.writer) } catch
      {
        let holder = await lock.holder()
        switch error.kind {
        case .unknown:
          guard let holder else { throw error }
          throw SilentController(holder: holder, process: await lock.process())
            .error(of: request.action.rawValue)
        case .unreachable:
          guard let holder else { return nil }
          let waited = time.now().milliseconds(since: began) ?? Int64.max
          guard waited < Self.startMilliseconds else {
            throw PortError(
              .refused, "\(error.message), and \(holder) holds the writer's lock",
              remedy: "Try again when it has ended.")
          }
        default: throw error
        }
      }
      try await wait()
    }
  }

  private func wait() async throws(PortError) {
    do { try await time.sleep(for: Self.pollInterval) } catch {
      throw PortError(.unknown, "interrupted", remedy: "See:  sluice status")
    }
  }
}
