import Dispatch
import Synchronization

/// Waits until a non-blocking socket can be read or written, and closes it when nobody waits any
/// more: a descriptor that is closed while Dispatch watches it may already be another file.
///
/// `@unchecked Sendable` boxes: Dispatch's sources may be cancelled from any thread; they are made
/// and looked up under the Mutex only.
final class Readiness: Sendable {
  enum Interest { case reading, writing }
  enum Outcome { case ready, timedOut, closed }

  private struct Wait: @unchecked Sendable {
    let source: any DispatchSourceProtocol
    var timer: (any DispatchSourceTimer)?
    var outcome: Outcome?
  }

  private struct State {
    var waits: [UInt64: Wait] = [:]
    var next: UInt64 = 0
    var closed = false
  }

  let descriptor: Int32
  private let queue = DispatchQueue(label: "sluice.socket")
  private let state = Mutex(State())

  /// Takes the descriptor over.
  init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit { close() }

  var isClosed: Bool { state.withLock { $0.closed } }

  /// Runs a call that does not block on the open descriptor; nil when it is closed.
  func withDescriptor<Result>(_ body: (Int32) -> Result) -> Result? {
    state.withLock { $0.closed ? nil : body(descriptor) }
  }

  /// Ends all waits with `closed`; again does nothing.
  func close() {
    let idle = state.withLock { state -> Bool in
      guard !state.closed else { return false }
      state.closed = true
      for ticket in state.waits.keys { end(ticket, .closed, &state) }
      return state.waits.isEmpty
    }
    if idle { closeDescriptor() }
  }

  func wait(for interest: Interest, deadline: DispatchTime?) async -> Outcome {
    await withCheckedContinuation { continuation in
      let started = state.withLock { state -> Bool in
        if state.closed { return false }
        state.next += 1
        let ticket = state.next
        var wait = Wait(source: source(for: interest))
        watch(wait.source, ticket, continuation)
        if let deadline { wait.timer = timer(ticket, deadline) }
        state.waits[ticket] = wait
        wait.source.activate()
        wait.timer?.activate()
        return true
      }
      if !started { continuation.resume(returning: .closed) }
    }
  }

  private func source(for interest: Interest) -> any DispatchSourceProtocol {
    switch interest {
    case .reading: DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
    case .writing: DispatchSource.makeWriteSource(fileDescriptor: descriptor, queue: queue)
    }
  }

  /// Dispatch calls the cancel handler once it has let go of the descriptor: only then may the
  /// waiting task go on, and the last one close it.
  private func watch(
    _ source: any DispatchSourceProtocol, _ ticket: UInt64,
    _ continuation: CheckedContinuation<Outcome, Never>
  ) {
    source.setEventHandler { self.end(ticket, .ready) }
    source.setCancelHandler {
      let (outcome, last) = self.state.withLock { state -> (Outcome, Bool) in
        let wait = state.waits.removeValue(forKey: ticket)
        return (wait?.outcome ?? .closed, state.closed && state.waits.isEmpty)
      }
      if last { self.closeDescriptor() }
      continuation.resume(returning: outcome)
    }
  }

  private func timer(_ ticket: UInt64, _ deadline: DispatchTime) -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: deadline)
    timer.setEventHandler { self.end(ticket, .timedOut) }
    return timer
  }

  private func end(_ ticket: UInt64, _ outcome: Outcome) {
    state.withLock { end(ticket, outcome, &$0) }
  }

  private func end(_ ticket: UInt64, _ outcome: Outcome, _ state: inout State) {
    guard let wait = state.waits[ticket], wait.outcome == nil else { return }
    state.waits[ticket]?.outcome = outcome
    wait.timer?.cancel()
    wait.source.cancel()
  }

  private func closeDescriptor() {
    Glue.close(descriptor)
  }
}
