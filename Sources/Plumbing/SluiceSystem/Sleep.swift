import Dispatch

extension SystemClock {
  /// Waits so long without holding a thread. For adapters that stand behind a clock port.
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

  func start(_ continuation: CheckedContinuation<Bool, Never>, _ duration: Duration) {
    Self.queue.async {
      self.continuation = continuation
      if self.cancelled { return self.finish(false) }
      let timer = DispatchSource.makeTimerSource(queue: Self.queue)
      timer.schedule(deadline: .now() + duration.dispatchInterval)
      timer.setEventHandler { self.finish(true) }
      self.timer = timer
      timer.activate()
    }
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
