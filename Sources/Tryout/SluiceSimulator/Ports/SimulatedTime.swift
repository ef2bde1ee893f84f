import SluiceCore
import SluicePorts
import Synchronization

/// Time that passes only when a task waits for it: a sleep moves the clock forward and calls the
/// world.
public final class SimulatedTime: Time {
  private struct State {
    var milliseconds: Int64 = 1_000_000
    var wallOffset: Int64 = 0
    var boot = "boot-1"
    var listener: (@Sendable (Int64) async -> Void)?
  }

  /// 2026-11-24T00:00:00Z
  private static let epochMilliseconds: Int64 = 1_795_478_400_000

  private let state = Mutex(State())

  public init() {}

  public func now() -> Moment {
    state.withLock {
      Moment(
        wallMilliseconds: Self.epochMilliseconds + $0.milliseconds + $0.wallOffset,
        monotonicMilliseconds: $0.milliseconds, boot: $0.boot)
    }
  }

  /// Called with the milliseconds that passed, after each sleep.
  public func whenTimePasses(_ listener: @escaping @Sendable (Int64) async -> Void) {
    state.withLock { $0.listener = listener }
  }

  /// The monotonic clock begins anew, and its readings mean nothing any more.
  public func reboot() {
    state.withLock {
      $0.boot += "'"
      $0.wallOffset += $0.milliseconds
      $0.milliseconds = 0
    }
  }

  /// The wall clock is set by hand.
  public func jump(milliseconds: Int64) { state.withLock { $0.wallOffset += milliseconds } }

  /// Milliseconds of this boot.
  var milliseconds: Int64 { state.withLock { $0.milliseconds } }

  public func sleep(for duration: Duration) async throws(CancellationError) {
    let passed =
      duration.components.seconds * 1_000
      + duration.components.attoseconds / 1_000_000_000_000_000
    let listener = state.withLock {
      $0.milliseconds += passed
      return $0.listener
    }
    await listener?(passed)
    await Task.yield()
    if Task.isCancelled { throw CancellationError() }
  }
}
