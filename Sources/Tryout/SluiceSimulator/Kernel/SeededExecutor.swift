import Synchronization
import SluiceSystem

/// Runs jobs one at a time on the thread that calls `run`. The seed picks among the ready jobs, so
/// the same seed gives the same order, as long as no code starts an unstructured task
/// (`docs/decisions/013-two-tiers.md`).
final class SeededExecutor: TaskExecutor {
  private struct State {
    var ready: [UnownedJob] = []
    var random: SplitMix64
  }

  private let state: Mutex<State>

  init(seed: UInt64) { state = Mutex(State(random: SplitMix64(seed: seed))) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.ready.append(job) }
  }

  /// Runs the ready jobs; without one, calls `wait` to let time pass. Returns when `wait` returns
  /// false.
  func run(wait: () -> Bool) {
    while true {
      while let job = pick() { job.runSynchronously(on: asUnownedTaskExecutor()) }
      guard wait() else { return }
    }
  }

  private func pick() -> UnownedJob? {
    state.withLock {
      guard !$0.ready.isEmpty else { return nil }
      let index = $0.random.index(below: $0.ready.count)
      $0.ready.swapAt(index, $0.ready.count - 1)
      return $0.ready.removeLast()
    }
  }
}
