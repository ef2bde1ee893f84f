import SluiceCore

/// Time as a port: real, or virtual in the simulator. No other code may read the time or wait.
public protocol Time: Sendable {
  func now() -> Moment
  /// Returns after the duration, or throws when the task is cancelled.
  func sleep(for duration: Duration) async throws(CancellationError)
}
