import Dispatch

extension SystemClock {
  /// Waits so long without holding a thread. For adapters that stand behind a clock port. The time that
  /// the machine sleeps counts, as it does for every deadline.
  public static func sleep(for duration: Duration) async throws(CancellationError) {
    let sleep = TimedSleep()
    let completed = await withTaskCancellationHandler {
      await withCheckedContinuation { sleep.start($0, duration) }
    } onCancel: {
      sleep.cancel()
    }
    if !completed { throw CancellationError() }
  }
}

/// One sleep, ended by its timer or by cancellation, whichever comes first.
///
/// `@unchecked Sendable`: everything is touched on `queue` only.
private final class TimedSleep: @unchecked Sendable {
  private static let queue = DispatchQueue(label: "sluice.timers")
  private var continuation: CheckedContinuation<Bool, Never>?
  private var timer: (any DispatchSourceTimer)?
  private var cancelled = false
  /// By the clock that goes on while the machine sleeps; Dispatch's timers stand still then.
  private var end: UInt64 = 0
  /// So long after the machine's waking an end that has passed is noticed at the latest.
  private static let longest: UInt64 = 5_000_000_000

  func start(_ continuation: CheckedContinuation<Bool, Never>, _ duration: Duration) {
    let now = SystemClock.monotonicNanoseconds()
    Self.queue.async {
      self.continuation = continuation
      if self.cancelled { return self.finish(false) }
      self.end = now.addingReportingOverflow(duration.wholeNanoseconds).partialValue
      let timer = DispatchSource.makeTimerSource(queue: Self.queue)
      timer.setEventHandler { self.look() }
      self.timer = timer
      self.schedule(from: now)
      timer.activate()
    }
  }

  private func schedule(from now: UInt64) {
    let rest = end > now ? end - now : 0
    timer?.schedule(deadline: .now() + .nanoseconds(Int(min(rest, Self.longest))))
  }

  private func look() {
    let now = SystemClock.monotonicNanoseconds()
    if now >= end { finish(true) } else { schedule(from: now) }
  }

  func cancel() {
    Self.queue.async {
      self.cancelled = true
      self.finish(false)
    }
  }

  private func finish(_ completed: Bool) {
    timer?.cancel()
    timer = nil
    continuation?.resume(returning: completed)
    continuation = nil
  }
}
