import SluiceCore
import SluicePorts
import SluiceSystem

/// The real clock.
public struct SystemTime: Time {
  public init() {}

  public func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(),
      boot: SystemClock.bootIdentifier())
  }

  public func sleep(for duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }
}
