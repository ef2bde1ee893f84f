import Dispatch
import Synchronization

/// Waits until a non-blocking socket can be read or written, and closes it after the last wait. A
/// descriptor that is closed during a wait may already be another file.
///
/// `@unchecked Sendable` box: a Dispatch timer may be cancelled from any thread; it is made and
/// looked up under the Mutex only.
final class Readiness: Sendable {
  enum Outcome { case ready, timedOut, closed }

  private struct Wait: @unchecked Sendable {
    let continuation: CheckedContinuation<Outcome, Never>
    let watch: DescriptorPoller.Ticket
    var timer: (any DispatchSourceTimer)?
  }

  private struct State {
    var waits: [UInt64: Wait] = [:]
    var next: UInt64 = 0
    var closed = false
  }

  private static let timers = DispatchQueue(label: "sluice.socket")

  let descriptor: Int32
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
    let waiting = state.withLock { state -> [CheckedContinuation<Outcome, Never>]? in
      guard !state.closed else { return nil }
      state.closed = true
      return state.waits.keys.compactMap { take($0, &state) }
    }
    guard let waiting else { return }
    SystemCalls.close(descriptor)
    for continuation in waiting { continuation.resume(returning: .closed) }
  }

  func wait(for interest: DescriptorPoller.Interest, deadline: DispatchTime?) async -> Outcome {
    await withCheckedContinuation { continuation in
      let started = state.withLock { state -> Bool in
        if state.closed { return false }
        state.next += 1
        let ticket = state.next
        // The callback takes the lock that is held here. The wait is registered by then.
        let watch = DescriptorPoller.shared.watch(descriptor, for: interest) {
          self.end(ticket, .ready)
        }
        state.waits[ticket] = Wait(
          continuation: continuation, watch: watch, timer: deadline.map { timer(ticket, $0) })
        return true
      }
      if !started { continuation.resume(returning: .closed) }
    }
  }

  private func timer(_ ticket: UInt64, _ deadline: DispatchTime) -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource(queue: Self.timers)
    timer.schedule(deadline: deadline)
    timer.setEventHandler { self.end(ticket, .timedOut) }
    timer.activate()
    return timer
  }

  private func end(_ ticket: UInt64, _ outcome: Outcome) {
    state.withLock { take(ticket, &$0) }?.resume(returning: outcome)
  }

  /// Nil when the wait has ended already.
  private func take(
    _ ticket: UInt64, _ state: inout State
  ) -> CheckedContinuation<Outcome, Never>? {
    guard let wait = state.waits.removeValue(forKey: ticket) else { return nil }
    DescriptorPoller.shared.cancel(wait.watch)
    wait.timer?.cancel()
    return wait.continuation
  }
}
